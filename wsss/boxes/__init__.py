"""Boxes: rectangles of pixels, and how they are found around the components of a mask."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
