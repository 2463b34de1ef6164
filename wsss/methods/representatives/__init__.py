"""Representative classes (Meng et al., 2019): binary classifiers of a class against a few others."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
