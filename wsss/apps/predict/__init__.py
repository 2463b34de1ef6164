"""A finished run's segmentation network on new images of any size, from Python or as a folder of results."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
