"""The networks of a finished run, from its store or from one file that needs neither run nor store."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
