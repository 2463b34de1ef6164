"""WeCLIP (Zhang et al., CVPR 2024): a decoder on a frozen CLIP, whose labels are made as it learns."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
