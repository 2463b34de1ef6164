"""Many images through one network: which images, what is read ahead, where results go, and what a second call keeps."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
