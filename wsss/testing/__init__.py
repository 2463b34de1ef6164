"""The contract suites, for packages that extend wsss: functions that raise an `AssertionError`, and need no pytest."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
