"""First weights of networks: where they come from, what they are called, and what a download takes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
