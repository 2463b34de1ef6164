"""Networks: classifiers that can be cut between any two blocks, and segmentation networks for images of any size."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
