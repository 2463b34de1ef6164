"""Masks that people corrected in Label Studio, as the folder of masks that a data set or a score takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wsss.data.label_studio import AnnotatedTask, mask_of
from wsss.errors import DataError
from wsss.paths import inside
from wsss.store.files import MASK, write_mask
from wsss.store.texts import read_json

REMEDY = "export the project again, as JSON (not JSON-MIN)"


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """The masks that were written, and the ids of images that nobody annotated."""

    masks: tuple[Path, ...]
    untouched: tuple[str, ...]


def write_corrected(export: Path, *, out: Path, classes: Sequence[str] = ()) -> Corrected:
    """Write `<id>.png` for every annotated image of an export of Label Studio.

    Args:
        export: The JSON file.
        out: The folder of the masks; files of other images in it stay.
        classes: In the order of the mask ids; those that `wsss predict` wrote into the tasks, if not given.

    Raises:
        StoreError: The file is not there, or is not such an export.
        DataError: The classes are not known, a label is not one of them, two tasks are of one image, a region cannot
            be read, or no image is annotated.
    """
    tasks = read_json(export, list[AnnotatedTask], remedy=REMEDY)
    masks: dict[str, Path] = {}
    untouched = []
    for task in tasks:
        where = f"{export}: image {task.id!r}"
        named = tuple(classes) or task.classes
        if named is None:
            raise DataError(f"{where} does not say its classes: name all of them with --classes, in the masks' order")
        labels = mask_of(task.last, classes=named, of=where) if task.last else None
        if labels is None:
            untouched.append(task.id)
            continue
        if task.id in masks:
            raise DataError(f"{where} is in two tasks: delete one of them, and export again")
        masks[task.id] = inside(out.absolute(), f"{task.id}{MASK}")
        masks[task.id].parent.mkdir(parents=True, exist_ok=True)
        write_mask(masks[task.id], labels)
    if not masks:
        raise DataError(f"{export}: none of its {len(tasks)} images is annotated: submit some, and export again")
    return Corrected(masks=tuple(masks.values()), untouched=tuple(untouched))
