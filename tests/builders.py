"""What many tests make: the public classes of a package, and score maps in one line."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import torch

from wsss.data.index import Record
from wsss.store.files import encode_scores
from wsss.store.items import Items
from wsss.store.texts import write_bytes
from wsss.types import ScoreMaps, Size


def defined(package: ModuleType, base: type) -> list[Any]:
    """The classes in a package's modules that can be made, by name: to have a file there is to be tested."""
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    here = {cls for cls in _below(base) if cls.__module__.startswith(package.__name__ + ".")}
    return sorted((cls for cls in here if not inspect.isabstract(cls)), key=lambda cls: cls.__name__)


def _below(base: type) -> Iterator[type]:
    for cls in base.__subclasses__():
        yield cls
        yield from _below(cls)


def named(count: int) -> tuple[str, ...]:
    """As many classes with names."""
    return tuple(f"class {position}" for position in range(count))


def score_maps(labels: list[int], scores: Any, *, size: tuple[int, int] | None = None) -> ScoreMaps:
    """Score maps from nested lists or a tensor, at the images' own size unless `size` is given."""
    tensor = torch.as_tensor(scores, dtype=torch.float32)
    height, width = size or tuple(tensor.shape[-2:])
    return ScoreMaps(
        labels=torch.tensor(labels, dtype=torch.int64), scores=tensor, size=Size(height=height, width=width)
    )


def write_scores(path: Path, maps: ScoreMaps) -> None:
    """Write score maps as a stage does."""
    write_bytes(path, encode_scores(maps))


def write_item(items: Items, record: Record, item: Any) -> None:
    """Write an image's item as a stage does."""
    with items.writer() as writer:
        writer.write(record, item)
