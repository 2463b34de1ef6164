"""The parts in three lines from Python: `wsss.explain`, `wsss.predict`, `wsss.run` and `wsss.compose`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
