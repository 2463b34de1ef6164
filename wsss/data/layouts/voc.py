"""PASCAL VOC devkits (Everingham et al., IJCV 2010): VOC 2012 as it is downloaded, and whatever is laid out like it."""

import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, final
from xml.etree import ElementTree as ET

from wsss.data.images import IMAGE_SUFFIXES, find_images
from wsss.data.index import Index
from wsss.data.layouts.base import Entry, Layout, OnBadImage, build_index, image_id, masks_folder, match_masks
from wsss.data.layouts.label_file import read_text
from wsss.errors import ConfigError, DataError, one_of

VOC_CLASSES: Final = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
"""The 20 classes in the order of their mask ids, 1 .. 20."""


def _official_splits() -> dict[str, str]:
    return {name: f"ImageSets/Segmentation/{name}.txt" for name in ("train", "val")}


@final
@dataclass(frozen=True, kw_only=True)
class VOC(Layout):
    """Image-level labels are the names of all objects in an image's XML annotation. Boxes are not read."""

    root: Path
    """The folder that holds JPEGImages, Annotations and ImageSets."""
    classes: tuple[str, ...] = VOC_CLASSES
    splits: dict[str, str] = field(default_factory=_official_splits)
    """List file of every split, below `root`: one image a line, its id or its path first."""
    images: str = "JPEGImages"
    annotations: str = "Annotations"
    masks: str | None = "SegmentationClass"
    """Folder of the masks that scores are computed with; an image may do without. None: there are none."""
    difficult: bool = True
    """Whether an image also has the classes of which it shows only objects that are marked as difficult."""
    on_bad_image: OnBadImage = "refuse"
    """`skip`: images that cannot be read are left out and reported; the run goes on without them."""

    def __post_init__(self) -> None:
        """Refuse options that leave nothing to read."""
        super().__post_init__()
        if not self.splits:
            raise ConfigError(["dataset.splits: names no split; use train: ImageSets/Segmentation/train.txt"])

    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the lists, and the folders of images, annotations and masks."""
        home = self._checked_home()
        masks = () if self.masks is None else (masks_folder(home, self.masks),)
        return (*self._lists(home).values(), home / self.images, home / self.annotations, *masks)

    def index(self, into: Path) -> Index:
        """See `Layout`."""
        del into  # a devkit's images stay where they are
        home = self._checked_home()
        paths = _by_id(find_images(home / self.images))
        lists = {name: read_list(path, known=paths) for name, path in self._lists(home).items()}
        masks = match_masks(_each_once(lists), root=home, folder=self.masks)
        splits = {name: ids[: self.limit] for name, ids in lists.items()}
        ids = _each_once(splits)
        images = self._images(ids, paths)
        names = self._names(ids, home)
        entries = [
            Entry(id=i, image=images[i], names=names[i], source=f"{self.annotations}/{i}.xml", mask=masks.get(i))
            for i in ids
        ]
        return build_index(entries, classes=self.classes, splits=splits, root=home, on_bad_image=self.on_bad_image)

    def _checked_home(self) -> Path:
        home = self.home()
        if self._is_devkit(home):
            return home
        wanted = ", ".join(
            name for name in (self.images, self.annotations, "ImageSets", self.masks) if name is not None
        )
        nearby = (home / "VOC2012", home / "VOCdevkit" / "VOC2012", *home.parents)
        found = [path for path in nearby if self._is_devkit(path)]
        remedy = f"use dataset.root={found[0]}" if found else "set `dataset.root` to the folder that holds them"
        state = "is not a VOC devkit" if home.is_dir() else "is not there"
        raise DataError(f"{home} {state}; a devkit's root holds the folders {wanted}: {remedy}")

    def _lists(self, home: Path) -> dict[str, Path]:
        return {name: _checked_list(home / Path(path).expanduser()) for name, path in self.splits.items()}

    def _is_devkit(self, folder: Path) -> bool:
        return (folder / self.images).is_dir() and (folder / self.annotations).is_dir()

    def _images(self, ids: Sequence[str], paths: Mapping[str, Sequence[str]]) -> dict[str, str]:
        missing = [i for i in ids if i not in paths]
        if missing:
            folder = self.home() / self.images
            raise DataError(
                f"{folder} lacks images that lists in `dataset.splits` name, {one_of(missing, limit=5)}: "
                "put them there, or take them out of the lists"
            )
        for i in ids:
            if len(paths[i]) > 1:
                raise DataError(f"{self.images}: {' and '.join(paths[i])} have one id, {i!r}: rename one of them")
        return {i: f"{self.images}/{paths[i][0]}" for i in ids}

    def _names(self, ids: Sequence[str], home: Path) -> dict[str, tuple[str, ...]]:
        annotations = {i: home / self.annotations / f"{i}.xml" for i in ids}
        missing = [i for i, path in annotations.items() if not path.is_file()]
        if missing:
            raise DataError(
                f"{home / self.annotations} lacks the XML files of {one_of(missing, limit=5)}, where labels are read: "
                "put them there, or take the images out of the lists"
            )
        return {i: read_object_names(path, difficult=self.difficult) for i, path in annotations.items()}


def read_list(path: Path, *, known: Container[str] = ()) -> tuple[str, ...]:
    """Return the ids of a split's list, in its order.

    A line that is a `known` id as a whole is that: ids may hold spaces and slashes. Otherwise its first column is the
    image, as an id or, in the lists of many repositories, as a path. Other columns and blank lines are skipped. Raises
    `DataError` for a list that is missing, empty or repeats an image.
    """
    lines: dict[str, int] = {}
    for number, line in enumerate(read_text(_checked_list(path)).splitlines(), start=1):
        if not line.strip():
            continue
        i = _id_of(line, known)
        if i in lines:
            raise DataError(f"{path} lists {i} twice, in lines {lines[i]} and {number}: delete one")
        lines[i] = number
    if not lines:
        raise DataError(f"{path} is empty: list one image a line, or take the list out of `dataset.splits`")
    return tuple(lines)


def read_object_names(path: Path, *, difficult: bool) -> tuple[str, ...]:
    """Return the class name of every object of a VOC annotation, without the parts that some objects are divided into.

    `difficult` says whether objects marked as such count. Raises `DataError` for any other file.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314, files of one's own data set, and expat limits entities
    except (ET.ParseError, ValueError) as error:
        raise DataError(f"{path} is not XML ({error}): copy it again") from error
    except PermissionError as error:
        raise DataError(f"{path} may not be read by you: change its permissions") from error
    objects = [
        found for found in root.findall("object") if difficult or found.findtext("difficult", "0").strip() != "1"
    ]
    names = tuple(found.findtext("name", "").strip() for found in objects)
    if not all(names):
        raise DataError(f"{path} has an object without a name: write <name> into every <object>")
    return names


def _checked_list(path: Path) -> Path:
    if path.is_file():
        return path
    others = sorted(other.name for other in path.parent.glob("*.txt"))
    there = f"; that folder has {one_of(others)}" if others else ""
    raise DataError(f"there is no list {path}{there}: name the lists in `dataset.splits`")


def _id_of(line: str, known: Container[str]) -> str:
    line = unicodedata.normalize("NFC", line.strip())
    first = line.split()[0]
    for text in (line, first):
        if text in known:
            return text
    path = PurePosixPath(first)
    is_path = "/" in first or path.suffix.lower() in IMAGE_SUFFIXES
    return path.stem if is_path else first


def _by_id(paths: Sequence[str]) -> dict[str, list[str]]:
    images: dict[str, list[str]] = {}
    for path in paths:
        images.setdefault(image_id(path), []).append(path)
    return images


def _each_once(splits: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for ids in splits.values() for i in ids))
