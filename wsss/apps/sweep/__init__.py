"""Sweeps: many runs as one graph of stages, of which each is made once, over processes, GPUs or machines."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
