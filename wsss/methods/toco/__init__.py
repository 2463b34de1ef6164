"""ToCo (Ru et al., CVPR 2023): contrasts of a transformer's tokens, against patches that all become alike."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
