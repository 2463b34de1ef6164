"""The files of one image in a shard: what belongs together, and what its labels say."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from wsss.boxes.box import Box
from wsss.data.archives import read_source
from wsss.data.images import IMAGE_SUFFIXES
from wsss.data.layouts.label_cell import COLUMNS, read_cell
from wsss.data.layouts.label_row import LabelRow, composed, stripped
from wsss.data.listing import Problem
from wsss.errors import DataError, one_of

ENDINGS: Final = ("json", "cls", "txt")
"""Endings of files of labels, the first that an image has counts."""
SPLIT: Final = "split"
NOT_READ: Final = LabelRow(image="", names=(), split=None, source="")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An image of a shard with what belongs to it. Paths start from the folder of the shards: `000.tar/cat1.jpg`."""

    id: str
    shard: str
    image: str
    labels: dict[str, str]
    """Files of labels by their endings."""
    mask: str | None = None
    wrong: tuple[str, ...] = ()
    """What is wrong with it, a sentence each."""
    row: LabelRow = NOT_READ
    """What its labels say, once they are read."""
    boxes: tuple[tuple[str, Box], ...] = ()


def samples_of(names: Iterable[str], *, shard: str, masks: str | None) -> tuple[list[Sample], list[str]]:
    """Return the images of a shard, and the paths of files that belong to none.

    Args:
        names: The files of the shard.
        shard: Its name.
        masks: The ending of masks, None where there are none.
    """
    samples, others = [], []
    for key, files in _grouped(f"{shard}/{name}" for name in names).items():
        mask = files.pop(masks, None) if masks is not None else None
        images = [path for ending, path in files.items() if f".{ending}" in IMAGE_SUFFIXES]
        if not images and mask is not None and f".{masks}" in IMAGE_SUFFIXES:
            images, mask = [mask], None
        labels = {ending: path for ending, path in files.items() if ending in ENDINGS}
        others += [path for path in files.values() if path not in (*images, *labels.values())]
        if not images:
            others += [*labels.values(), *([] if mask is None else [mask])]
            continue
        remedy = "rename one of them, or name the ending of masks in `dataset.masks`"
        wrong = (f"{' and '.join(images)} have one id, {key!r}: {remedy}",) if len(images) > 1 else ()
        samples.append(Sample(id=key, shard=shard, image=images[0], labels=labels, mask=mask, wrong=wrong))
    return samples, others


def masks_beside(names: Iterable[str]) -> set[str]:
    """Return the images of an archive that lie beside another image and its labels: masks, whatever their ending.

    >>> sorted(masks_beside(["a.jpg", "a.json", "a.seg.png", "b.jpg", "b.png", "c.txt", "c.png"]))
    ['a.seg.png']
    """
    found: set[str] = set()
    for files in _grouped(names).values():
        pictures = {
            ending: path for ending, path in files.items() if PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES
        }
        shown = [ending for ending in pictures if "." not in ending]
        shown = [ending for ending in shown if ending != "png"] or shown
        if shown and not files.keys().isdisjoint(ENDINGS):
            found.update(path for ending, path in pictures.items() if ending not in shown)
    return found


def _grouped(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return files by their names up to the first dot, and by what follows it in lower case."""
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        path = PurePosixPath(name)
        stem, _, ending = path.name.partition(".")
        groups.setdefault(composed(str(path.with_name(stem) if stem else path)), {})[ending.lower()] = name
    return groups


def read_sample(
    sample: Sample, *, home: Path, ending: str | None, classes: Sequence[str] | None, separator: str
) -> Sample | Problem:
    """Return an image with what its labels say, or what is wrong with them.

    Args:
        sample: The image.
        home: The folder of the shards.
        ending: The ending of its file of labels; None: the first of `ENDINGS` that it has.
        classes: The data set's classes, in which numbers count; None where they are not known.
        separator: What separates the labels of a text.
    """
    wanted = next((each for each in ENDINGS if each in sample.labels), None) if ending is None else ending
    path = sample.labels.get(wanted or "")
    if wanted is None or path is None:
        forms = f".{ending}" if ending else " or ".join(f".{each}" for each in ENDINGS)
        remedy = f"write {PurePosixPath(sample.id).name}{forms}, empty where it shows no class"
        why = f"{home / sample.image} has no labels beside it: {remedy}"
        return Problem(kind="label", why=why, name=sample.image, complaint="no labels")
    try:
        text = read_source(home / path).decode("utf-8-sig")
        cell, split = _of_json(text) if wanted == "json" else (_of_text(text, separator, numbers=wanted == "cls"), None)
        names, boxes = read_cell(cell, classes=classes)
    except UnicodeDecodeError:
        why = "is not UTF-8: save it as UTF-8"
        return Problem(kind="label", why=f"{home / path} {why}", name=path, complaint=why)
    except DataError as error:
        return Problem(kind="label", why=f"{home / path} {error}", name=path, complaint=str(error))
    row = LabelRow(image=sample.image, names=stripped(names), split=split, source=path)
    return replace(sample, row=row, boxes=boxes)


def _of_text(text: str, separator: str, *, numbers: bool) -> list[str | int]:
    names = [name.strip() for line in text.splitlines() for name in line.split(separator)]
    return [int(name) if numbers and name.isdecimal() else name for name in names if name]


def _of_json(text: str) -> tuple[Any, str | None]:
    """Return the cell of labels of a JSON file, and the split that it names."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f'is not JSON ({str(error)[:100]}): write `{{"labels": ["cat"]}}`') from error
    if not isinstance(told, dict):
        return told, None
    split = told.get(SPLIT)
    if split is not None and not isinstance(split, str):
        raise DataError(f"names the split {split!r}: write a name")
    column = next((each for each in COLUMNS if each in told), None)
    if column is None:
        has = one_of(list(told), limit=5) or "nothing"
        remedy = 'write `"labels": ["cat"]`, or choose another ending in `dataset.labels`'
        raise DataError(f"has no labels ({has}): {remedy}")
    return told[column], split
