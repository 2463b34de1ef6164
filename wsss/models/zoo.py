"""timm, imported without Weights & Biases, and with the networks of `wsss.models.backbones` among its own.

timm imports wandb for scripts of its own where that is installed: half a second, in which a plan has nothing to log.
Take timm from here, inside of functions: with torchvision, which it needs, it takes seconds to import.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules

from wsss.models import backbones

__all__ = ["timm", "without"]


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let a module seem not to be installed; one that was imported before is left as it is."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # Python's own word for it: importing it raises
    try:
        yield
    finally:
        del sys.modules[name]


with without("wandb"):
    import timm

    for backbone in iter_modules(backbones.__path__):
        import_module(f"{backbones.__name__}.{backbone.name}")
