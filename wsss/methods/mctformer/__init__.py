"""MCTformer+ (Xu et al., TPAMI 2024): a transformer with a token for each class, and maps of its attention."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
