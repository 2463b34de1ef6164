"""YOLO data sets as Ultralytics reads them: `data.yaml`, and a text file of boxes or polygons for each image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, final

import numpy as np
import yaml

from wsss.boxes.box import Box
from wsss.data.images import find_images
from wsss.data.layouts.annotated_images import AnnotatedImage, AnnotatedImages, Outline, Reading
from wsss.data.layouts.lines import read_lines
from wsss.data.listing import Problem
from wsss.data.outlines import polygon
from wsss.errors import DataError, brief, one_of

NAMES: Final = ("data.yaml", "dataset.yaml", "data.yml")
SPLITS: Final = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""The splits of `data.yaml`, and ours."""
KEYS: Final = frozenset(("names", "nc", "train", "val"))
"""Some that `data.yaml` has; the names stand last, and are missing where a copy broke off."""
BOX: Final = 4
ROUNDING: Final = 0.01
"""Shares of a side by which a box may reach beyond its image: such numbers were rounded."""


@final
@dataclass(frozen=True, kw_only=True)
class YOLO(AnnotatedImages):
    """Each line of `labels/.../<image>.txt` is an object: its class, and a box or the corners of a polygon.

    Numbers are shares of the image's sides. An image without a text file shows none of the classes.
    """

    data: str = "data.yaml"
    """The file that names classes and folders of images, below `root`."""

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find the file that names classes and folders of images."""
        del given
        for name in NAMES:
            if (root / name).is_file() and not KEYS.isdisjoint(_read(root / name) or {}):
                return {"data": name}
        return None

    def folder(self) -> str:
        """Return the folder of everything: `data.yaml` names those of images."""
        return "."

    def files(self) -> tuple[Path, ...]:
        """Return `data.yaml`."""
        return (self.home() / self.data,)

    def read(self) -> Reading:
        """See `AnnotatedImages`."""
        path = self.home() / self.data
        content = _read(path)
        names = _names((content or {}).get("names"))
        if content is None or not names:
            why = f"{path} names no classes: write `names: [cat, dog]`, and `train: images/train`"
            return Reading(problems=(Problem(kind="label", why=why),))
        if nameless := [str(number) for number, name in names.items() if not name]:
            why = (
                f"{path}: class {one_of(nameless)} has no name: write one, or copy the file again if its end is missing"
            )
            return Reading(problems=(Problem(kind="label", why=why),))
        images: list[AnnotatedImage] = []
        problems: list[Problem] = []
        for key, split in SPLITS.items():
            for folder in _listed(content.get(key)):
                place = self._place(folder, str(content.get("path") or ""))
                if place is None:
                    why = (
                        f"{path} names {brief(folder)} for {key}, which is not a folder below {self.home()}: correct it"
                    )
                    problems.append(Problem(kind="layout", why=why, name=folder))
                    continue
                for name in find_images(self.home() / place):
                    image, wrong = self._image((PurePosixPath(place) / name).as_posix(), split=split, names=names)
                    images.append(image)
                    problems += wrong
        if not images and not problems:
            why = f"{path} names no images: write `train: images/train` and `val: images/val`"
            problems.append(Problem(kind="layout", why=why))
        return Reading(images=images, problems=problems, classes=tuple(names.values()))

    def _place(self, folder: str, start: str) -> str | None:
        """Return where a folder of `data.yaml` lies below the root: such files often name paths of another machine."""
        parts = [part for part in PurePosixPath(folder.replace("\\", "/")).parts if part not in ("..", "/", ".")]
        likely = [PurePosixPath(start) / folder, *(PurePosixPath(*parts[skip:]) for skip in range(len(parts)))]
        inside = (each for each in likely if not each.is_absolute() and ".." not in each.parts)
        return next((each.as_posix() for each in inside if (self.home() / each).is_dir()), None)

    def _image(self, path: str, *, split: str, names: Mapping[int, str]) -> tuple[AnnotatedImage, list[Problem]]:
        label = label_path(path)
        source = self.home() / label
        lines, problems = read_lines(source, kind="label") if source.is_file() else ([], [])
        outlines: list[Outline] = []
        boxes: list[tuple[str, Box]] = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                name, box, outline = _object(line.split(), names)
            except (DataError, ValueError) as error:
                why = f"{source}, line {number}: {error}"
                problems.append(Problem(kind="label", why=why, name=f"{label}, line {number}", complaint=str(error)))
                continue
            boxes.append((name, box))
            outlines += [] if outline is None else [outline]
        shown = tuple(dict.fromkeys(name for name, _ in boxes))
        image = AnnotatedImage(
            image=path,
            names=shown,
            source=label,
            split=split,
            outlines=tuple(outlines) if len(outlines) == len(boxes) else None,
            boxes=tuple(boxes),
            boxes_in="sides",
        )
        return image, problems


def label_path(image: str) -> str:
    """Return where the objects of an image are listed: its last folder `images` is `labels` there.

    >>> label_path("images/train/a.jpg")
    'labels/train/a.txt'
    """
    parts = list(PurePosixPath(image).with_suffix(".txt").parts)
    folders = [place for place, part in enumerate(parts[:-1]) if part == "images"]
    if folders:
        parts[folders[-1]] = "labels"
    return "/".join(parts)


def _object(words: Sequence[str], names: Mapping[int, str]) -> tuple[str, Box, Outline | None]:
    """Return an object's class, its box and, of a polygon, its outline."""
    try:
        cls, numbers = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        raise DataError("is not a class and numbers: write `0 0.5 0.5 0.2 0.3`, or x and y of corners") from None
    if cls not in names:
        raise DataError(f"class {cls} has no name in data.yaml: add it to `names`")
    if not np.isfinite(numbers).all() or min(numbers, default=0) < -1 or max(numbers, default=0) > 2:
        raise DataError("has numbers that are not shares of the image's sides, 0 .. 1: divide by width and height")
    if len(numbers) == BOX:
        across, down, width, height = numbers
        return names[cls], _box([across - width / 2, across + width / 2], [down - height / 2, down + height / 2]), None
    if len(numbers) < BOX + 2 or len(numbers) % 2:
        raise DataError(f"has {len(numbers)} numbers: write 4 for a box, or x and y of three corners or more")
    x, y = numbers[::2], numbers[1::2]
    outline = Outline(name=names[cls], inside=polygon(list(zip(x, y, strict=True)), relative=True))
    return names[cls], _box(x, y), outline


def _box(x: Sequence[float], y: Sequence[float]) -> Box:
    left, right, top, bottom = (_within(value) for value in (min(x), max(x), min(y), max(y)))
    if not (left < right and top < bottom):
        raise DataError("has a box without an area: delete the line")
    return Box(left=left, right=right, top=top, bottom=bottom)


def _within(share: float) -> float:
    """Return a share of a side without what rounding put beyond the image."""
    return min(max(share, 0.0), 1.0) if -ROUNDING <= share <= 1 + ROUNDING else share


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _names(names: object) -> dict[int, str]:
    """Return classes by number: `names` is a list, or has numbers for keys. An empty name is one that is missing."""
    if isinstance(names, list):
        names = dict(enumerate(names))
    if isinstance(names, dict) and all(isinstance(number, int) for number in names):
        return {number: "" if name is None else str(name) for number, name in sorted(names.items())}
    return {}


def _listed(value: object) -> list[str]:
    """Return the folders of a split: one, several, or none."""
    return (
        [value]
        if isinstance(value, str) and value
        else [str(each) for each in value or ()]
        if isinstance(value, list)
        else []
    )
