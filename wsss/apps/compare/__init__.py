"""Finished runs side by side: scores, options that differ, and the images on which one gains or loses."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
