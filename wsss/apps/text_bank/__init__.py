"""Banks of text vectors from class names: what CLIP-ES and `wsss explain --bank` ask an image for."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
