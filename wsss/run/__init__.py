"""From a composed config to a finished run: check it, plan it, launch one job a stage, gather what came out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
