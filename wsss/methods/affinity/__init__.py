"""Affinities of neighbouring cells (PSA, IRN): pairs, the networks that judge them, and the random walk."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
