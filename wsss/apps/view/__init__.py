"""A finished run to be browsed: images, maps, masks and findings, on a page that this machine alone can see."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
