"""Boxes of classes, from masks and from maps: in tables, as files of COCO and of VOC, and in pictures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
