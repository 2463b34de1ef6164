"""A finished run for elsewhere: its network as one graph, its masks as other tools and servers take them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
