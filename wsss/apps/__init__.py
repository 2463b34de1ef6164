"""Applications on finished runs and on data sets: explain, predict, compare, check, and the store's upkeep."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
