"""Artifacts on disk: fingerprints, the store, and the formats of single items."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
