"""Audits of data sets: suspicious tags, near duplicates, leaks, outliers, drift, and label files mended by them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
