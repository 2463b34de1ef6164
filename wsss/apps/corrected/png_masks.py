"""Masks that Label Studio exported as PNGs, one for each stroke: their names tell tasks and labels, and no images."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from wsss.apps.corrected.masks import REMEDY, Corrected
from wsss.data.images import find_images, read_image
from wsss.data.label_studio import AnnotatedTask
from wsss.errors import DataError, one_of
from wsss.labels import BACKGROUND, label_of
from wsss.paths import inside
from wsss.store.files import MASK, write_mask
from wsss.store.texts import read_json

NAME: Final = re.compile(
    r"(?:.*/)?task-(?P<task>\d+)-annotation-(?P<annotation>\d+)-by-(?P<rest>.+)-(?P<place>\d+)\.png"
)
"""`rest` is who drew, the interface's control and the label, joined by hyphens (brush.py of Label Studio's SDK)."""
DRAWN: Final = 127
"""Grey above which a pixel is drawn."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A PNG: what its name says."""

    path: Path
    task: int
    annotation: int
    rest: str
    place: int

    def label(self, classes: Sequence[str]) -> int:
        """Return the label of the class with whose name `rest` ends, the longest; raises `DataError` for none."""
        ends = {name: f"-{name.replace('/', '-')}" for name in classes}
        fitting = [name for name, end in ends.items() if f"-{self.rest}".endswith(end)]
        if not fitting:
            raise DataError(f"{self.path} is of a label that is not a class; there are: {one_of(classes)}")
        return label_of(list(classes).index(max(fitting, key=len)))


def write_png_masks(folder: Path, *, tasks: Path, out: Path, classes: Sequence[str] = ()) -> Corrected:
    """Write `<id>.png` for every image of which a folder holds strokes; of several annotations the last counts.

    Where strokes of several classes overlap, the class with the higher label counts, since names tell no order.

    Args:
        folder: The unpacked PNGs.
        tasks: JSON of the project's tasks, with their numbers: `label_studio.json` does not know these yet.
        out: The folder of the masks; files of other images in it stay.
        classes: In the order of the mask ids; those that `wsss predict` wrote into the tasks, if not given.

    Raises:
        StoreError: The tasks cannot be read.
        DataError: There is no stroke, or one of an unknown task, of no class, or of another size than the others.
    """
    known = {task.number: task for task in read_json(tasks, list[AnnotatedTask], remedy=REMEDY)}
    strokes = strokes_in(folder)
    if not strokes:
        raise DataError(
            f"{folder} holds no PNG such as task-1-annotation-1-by-1-masks-cat-0.png: unpack the export there"
        )
    if strange := sorted(strokes.keys() - known.keys()):
        raise DataError(f"{folder} holds strokes of task {strange[0]}, which {tasks} does not list: export that again")
    masks = []
    for number, drawn in sorted(strokes.items()):
        task = known[number]
        named = tuple(classes) or task.classes
        if named is None:
            raise DataError(f"{tasks}: image {task.id!r} does not say its classes: name all of them with --classes")
        path = inside(out.absolute(), f"{task.id}{MASK}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mask(path, mask_of(drawn, classes=named))
        masks.append(path)
    untouched = tuple(task.id for number, task in known.items() if number not in strokes)
    return Corrected(masks=tuple(masks), untouched=untouched)


def strokes_in(folder: Path) -> Mapping[int, Sequence[Stroke]]:
    """Return the strokes of each task's last annotation; other files are left out."""
    found: dict[int, list[Stroke]] = {}
    for name in find_images(folder) if folder.is_dir() else ():
        if told := NAME.fullmatch(name):
            stroke = Stroke(
                path=folder / name,
                task=int(told["task"]),
                annotation=int(told["annotation"]),
                rest=told["rest"],
                place=int(told["place"]),
            )
            found.setdefault(stroke.task, []).append(stroke)
    last = {task: max(each.annotation for each in strokes) for task, strokes in found.items()}
    return {task: [each for each in strokes if each.annotation == last[task]] for task, strokes in found.items()}


def mask_of(strokes: Sequence[Stroke], *, classes: Sequence[str]) -> UInt8[np.ndarray, "h w"]:
    """Return the labels of an image's strokes; raises `DataError` where they differ in size."""
    labels: UInt8[np.ndarray, "h w"] | None = None
    for label, stroke in sorted(((each.label(classes), each) for each in strokes), key=lambda pair: pair[0]):
        drawn = read_image(stroke.path)[..., 0] > DRAWN
        if labels is None:
            labels = np.full(drawn.shape, BACKGROUND, dtype=np.uint8)
        if labels.shape != drawn.shape:
            raise DataError(f"{stroke.path} is of another size than the other strokes of its image: export again")
        labels[drawn] = label
    assert labels is not None, "a task without strokes is not listed"
    return labels
