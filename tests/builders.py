"""What many tests make: the public classes of a package, and score maps in one line."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import torch

from wsss.types import ScoreMaps, Size


def exported(package: ModuleType, base: type) -> list[Any]:
    """The classes in a package's `__all__` that can be made: to be exported is to be tested."""
    public = [getattr(package, name) for name in package.__all__]
    return [cls for cls in public if inspect.isclass(cls) and issubclass(cls, base) and not inspect.isabstract(cls)]


def defined(package: ModuleType, base: type) -> set[type]:
    """The classes that can be made in a package's modules."""
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    return {
        cls for cls in _below(base) if cls.__module__.startswith(package.__name__ + ".") and not inspect.isabstract(cls)
    }


def _below(base: type) -> Iterator[type]:
    for cls in base.__subclasses__():
        yield cls
        yield from _below(cls)


def score_maps(labels: list[int], scores: Any, *, size: tuple[int, int] | None = None) -> ScoreMaps:
    """Score maps from nested lists or a tensor, at the images' own size unless `size` is given."""
    tensor = torch.as_tensor(scores, dtype=torch.float32)
    height, width = size or tuple(tensor.shape[-2:])
    return ScoreMaps(
        labels=torch.tensor(labels, dtype=torch.int64), scores=tensor, size=Size(height=height, width=width)
    )
