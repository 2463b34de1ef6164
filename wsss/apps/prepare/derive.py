"""Lists and masks that papers use and no archive holds: VOC's `train_aug` with SBD's masks, COCO's annotated images."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import scipy
from jaxtyping import UInt8
from pydantic import TypeAdapter, ValidationError

from wsss.apps.prepare.benchmark import ListHash, hash_of
from wsss.data.drawing import save_labels
from wsss.errors import DataError
from wsss.validation import first_problem, reason

SEGMENTATION: Final = "ImageSets/Segmentation"
SBD: Final = "benchmark_RELEASE/dataset"
OFFICIAL: Final = "SegmentationClass"
AUGMENTED: Final = "SegmentationClassAug"
MOST_LABEL: Final = 20

Advance = Callable[[int], object]


def derive_train_aug(unpacked: Path, devkit: Path, into: Path, *, advance: Advance) -> None:
    """Write SBD's masks as PNGs and the list `train_aug`, below `into` as they will lie in the devkit.

    `train_aug` is VOC's train and all of SBD without VOC's val. An image that has a mask of VOC's own keeps it, since
    SBD's are coarser and have no border of ignored pixels.

    Args:
        unpacked: The folder that SBD was unpacked into.
        devkit: VOC 2012.
        into: The folder of what is made.
        advance: Is told of each mask.
    """
    train, val = (read_ids(devkit / SEGMENTATION / f"{name}.txt") for name in ("train", "val"))
    further = [i for name in ("train", "val") for i in read_ids(unpacked / SBD / f"{name}.txt")]
    every = sorted({*train, *val, *further})
    masks = into / AUGMENTED
    masks.mkdir(parents=True)
    for i in every:
        own = devkit / OFFICIAL / f"{i}.png"
        if own.is_file():
            shutil.copyfile(own, masks / own.name)
        else:
            save_labels(read_sbd(unpacked / SBD / "cls" / f"{i}.mat"), masks / f"{i}.png")
        advance(1)
    listed = set(val)
    write_ids(into / SEGMENTATION / "train_aug.txt", (i for i in every if i not in listed))


def read_sbd(path: Path) -> UInt8[np.ndarray, "h w"]:
    """Return the labels of one of SBD's masks, 0 .. 20; raises `DataError` for any other file."""
    try:
        labels = scipy.io.loadmat(str(path))["GTcls"]["Segmentation"][0, 0]
    except FileNotFoundError as error:
        raise DataError(f"SBD lacks {path.name}, which its lists name: load it again") from error
    except (ValueError, TypeError, KeyError, IndexError, NotImplementedError, scipy.io.matlab.MatReadError) as error:
        raise DataError(f"{path.name} is not one of SBD's masks ({reason(error)}): load it again") from error
    if labels.ndim != 2 or labels.size == 0 or labels.max() > MOST_LABEL:
        raise DataError(f"{path.name} is not a mask of 0 .. {MOST_LABEL}: load SBD again")
    return np.asarray(labels, dtype=np.uint8)


def derive_annotated(home: Path, into: Path, *, advance: Advance) -> None:
    """Write the lists of COCO's images that have an annotation, crowds included, below `into`.

    Args:
        home: COCO, unpacked.
        into: The folder of what is made.
        advance: Is told of each list.
    """
    for split in ("train", "val"):
        path = home / "annotations" / f"instances_{split}2014.json"
        try:
            content = _ADAPTER.validate_json(path.read_bytes())
        except ValidationError as error:
            raise DataError(f"{path} is not COCO's ({first_problem(error)}): load it again") from error
        annotated = {each.image_id for each in content.annotations}
        names = (Path(each.file_name).stem for each in content.images if each.id in annotated)
        write_ids(into / "lists" / f"{split}.txt", sorted(names))
        advance(1)


def check_lists(into: Path, wanted: Mapping[str, ListHash]) -> None:
    """Raise a `DataError` where a derived list is not the one that papers use."""
    for name, right in wanted.items():
        made = hash_of(read_ids(into / name))
        if made != right:
            counts = f"it has {made.count:,} images, and {right.count:,} are right"
            other = "it has other images than the list of the papers, though as many"
            why = counts if made.count != right.count else other
            raise DataError(f"{name} is not the list of the papers: {why}; is what it was derived from complete?")


def read_ids(path: Path) -> list[str]:
    """Return the ids of a list, one a line; raises `DataError` where there is none."""
    try:
        return path.read_text(encoding="utf-8").split()
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise DataError(f"there is no list {path}: prepare what it belongs to first") from error


def write_ids(path: Path, ids: Iterable[str]) -> None:
    """Write a list, one id a line; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{i}\n" for i in ids), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Image:
    id: int
    file_name: str


@dataclass(frozen=True, slots=True)
class _Annotation:
    image_id: int


@dataclass(frozen=True, slots=True)
class _Instances:
    """What lists need of an annotation file, which is a fraction of it."""

    images: list[_Image]
    annotations: list[_Annotation]


_ADAPTER: Final[TypeAdapter[_Instances]] = TypeAdapter(_Instances)
