"""PASCAL VOC devkits (Everingham et al., IJCV 2010): VOC 2012 as it is downloaded, and whatever is laid out like it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, final
from xml.etree import ElementTree as ET

from wsss.data.images import IMAGE_SUFFIXES
from wsss.data.index import Index
from wsss.data.text import read_text
from wsss.data.writer import Entry, IndexWriter, build_index, match_masks
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
class VOC(IndexWriter):
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

    def __post_init__(self) -> None:
        """Refuse options that leave nothing to read."""
        super().__post_init__()
        if not self.splits:
            raise ConfigError(["dataset.splits: names no split; use train: ImageSets/Segmentation/train.txt"])

    def home(self) -> Path:
        """See `IndexWriter`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the lists, and the folders of images, annotations and masks."""
        home = self._checked_home()
        folders = [name for name in (self.images, self.annotations, self.masks) if name is not None]
        return (*(home / path for path in self.splits.values()), *(home / folder for folder in folders))

    def index(self, into: Path) -> Index:
        """See `IndexWriter`."""
        del into  # a devkit's images stay where they are
        home = self._checked_home()
        lists = {name: read_list(home / path) for name, path in self.splits.items()}
        every_id = tuple(dict.fromkeys(i for ids in lists.values() for i in ids))
        masks = match_masks(every_id, root=home, folder=self.masks)
        splits = {name: ids[: self.limit] for name, ids in lists.items()}
        files = self._image_files(home)
        entries = []
        for i in dict.fromkeys(i for ids in splits.values() for i in ids):
            annotation = home / self.annotations / f"{i}.xml"
            names = read_object_names(annotation, difficult=self.difficult)
            entries.append(Entry(id=i, image=f"{self.images}/{files[i]}", names=names, source=str(annotation), mask=masks.get(i)))
        return build_index(entries, classes=self.classes, splits=splits, root=home)
