"""Benchmarks prepared for runs: downloaded, checked, unpacked, completed with the lists and masks that papers use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
