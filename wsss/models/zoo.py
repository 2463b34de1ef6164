"""timm without Weights & Biases, and with the networks of `wsss.models.backbones` and of plug-ins among its own.

timm imports wandb for scripts of its own where that is installed: half a second, in which a plan has nothing to log.
Take timm from here, as `models.zoo.timm`, in functions: with torchvision, which it needs, it takes seconds to import.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules

from wsss.models import backbones
from wsss.plugins import BACKBONES, plugins

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


def _register() -> None:
    """Import every module of a folder of backbones, of ours and of plug-ins, which tells timm its networks."""
    folders = {backbones.__name__: list(backbones.__path__)}
    folders |= {f"{plugin.package}.{BACKBONES}": [str(plugin.folder / BACKBONES)] for plugin in plugins()}
    for package, paths in folders.items():
        for module in iter_modules(paths):
            import_module(f"{package}.{module.name}")


with without("wandb"):
    import timm

    _register()
