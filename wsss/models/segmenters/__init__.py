"""Networks that learn from masks: segmentation-models-pytorch's, DeepLabV2, and decoders on frozen transformers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
