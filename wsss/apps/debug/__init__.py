"""A finished run looked into: what its classifier rests on, where it fails, and what would help."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
