"""PASCAL VOC devkits (Everingham et al., IJCV 2010): VOC 2012 as it is downloaded, and whatever is laid out like it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, final

from wsss.data.images import find_files
from wsss.data.layouts.base import Layout, ambiguous, by_id
from wsss.data.layouts.match_masks import match_masks, missing_masks
from wsss.data.layouts.voc_files import CLASS_LISTS, Marked, missing_list, read_class_lists, read_list, read_objects
from wsss.data.listing import Entry, Listing, Problem, parted, refuse
from wsss.errors import ConfigError, FileError

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


DEVKIT: Final = ("JPEGImages", "Annotations", "ImageSets")
NESTED: Final = ("VOC2012", "VOCdevkit/VOC2012")
"""Where archives unpack a devkit."""
MASKS: Final = "SegmentationClass"

Labels = Mapping[str, tuple[Marked, ...]]
"""Objects of images by id."""


def _official_splits() -> dict[str, str]:
    return {name: f"ImageSets/Segmentation/{name}.txt" for name in ("train", "val")}


@final
@dataclass(frozen=True, kw_only=True)
class VOC(Layout):
    """Image-level labels are the names of all objects in an image's XML annotation, and their boxes only score."""

    version: ClassVar[int] = 3

    root: Path
    """The folder that holds JPEGImages, Annotations and ImageSets."""
    classes: tuple[str, ...] = VOC_CLASSES
    splits: dict[str, str] = field(default_factory=_official_splits)
    """List file of every split, below `root`: one image a line, its id or its path first."""
    images: str = "JPEGImages"
    annotations: str = "Annotations"
    labels_from: Literal["annotations", "lists"] = "annotations"
    """`lists`: labels are those of `ImageSets/Main/<class>_<split's list>.txt`; annotations are not read."""
    masks: str | None = MASKS
    """Folder of the masks that scores are computed with; an image may do without. None: there are none."""
    difficult: bool = True
    """Whether an image also has the classes of which it shows only objects that are marked as difficult."""

    def __post_init__(self) -> None:
        """Refuse options that leave nothing to read."""
        super().__post_init__()
        if not self.splits:
            raise ConfigError(["dataset.splits: names no split; use train: ImageSets/Segmentation/train.txt"])

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Find a devkit, or a part of one, in a folder or where an archive was unpacked in it."""
        below = [*(root / name for name in DEVKIT), *(root / name / DEVKIT[0] for name in NESTED)]
        if not any(folder.is_dir() for folder in below):
            return None
        return {"masks": MASKS if (root / MASKS).is_dir() else None}

    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the lists, and the folders of images, labels and masks."""
        home = self.home()
        lists = self._lists()
        refuse(self._missing() or [*missing_list(*lists.values()), *missing_masks(home, self.masks)])
        folders = (self.images, self._labels_folder(), self.masks)
        return (*lists.values(), *(home / name for name in folders if name is not None))

    def listing(self, into: Path) -> Listing:
        """See `Layout`."""
        del into  # a devkit's images stay where they are
        home = self.home()
        if missing := self._missing():
            return Listing(root=home, classes=self.classes, problems=tuple(missing))
        files, others = find_files(home / self.images)
        paths = by_id(files)
        splits, of_lists = self._splits(paths, others=by_id(others))
        ids = tuple(dict.fromkeys(i for listed in splits.values() for i in listed))
        masks = match_masks(ids, root=home, folder=self.masks, known=paths)
        labels, of_labels = self._labels(ids, splits)
        return Listing(
            root=home,
            classes=self.classes,
            entries=tuple(
                Entry(
                    id=i,
                    image=f"{self.images}/{paths[i][0]}",
                    names=tuple(each.name for each in labels.get(i, ())),
                    boxes=tuple((each.name, each.box) for each in labels.get(i, ()) if each.box is not None),
                    source=self._source(i),
                    mask=masks.paths.get(i),
                )
                for i in ids
            ),
            unread=tuple(i for i in ids if i not in labels),
            splits=splits,
            notes=masks.notes,
            unlisted=tuple(path for i, group in paths.items() if i not in set(ids) for path in group),
            problems=(
                *of_lists,
                *ambiguous({i: paths[i] for i in ids}, folder=self.images),
                *masks.problems,
                *of_labels,
            ),
        )

    def _missing(self) -> list[Problem]:
        """Return a problem where a folder is missing without which nothing can be listed."""
        home = self.home()
        if self._is_devkit(home):
            return []
        wanted = [self.images, self._labels_folder(), "ImageSets", self.masks]
        nearby = (*(home / name for name in NESTED), *home.parents)
        right = [path for path in nearby if self._is_devkit(path)]
        remedy = f"use dataset.root={right[0]}" if right else "set `dataset.root` to the folder that holds them"
        absent = "is a file, and no folder" if home.exists() else "is not there"
        state = "is not a VOC devkit" if home.is_dir() else absent
        folders = ", ".join(dict.fromkeys(name for name in wanted if name is not None))
        return [Problem(kind="layout", why=f"{home} {state}; a devkit's root holds the folders {folders}: {remedy}")]

    def _is_devkit(self, folder: Path) -> bool:
        return (folder / self.images).is_dir() and (folder / self._labels_folder()).is_dir()

    def _labels_folder(self) -> str:
        return self.annotations if self.labels_from == "annotations" else CLASS_LISTS

    def _source(self, i: str) -> str:
        return f"{self.annotations}/{i}.xml" if self.labels_from == "annotations" else CLASS_LISTS

    def _lists(self) -> dict[str, Path]:
        return {name: self.home() / Path(path).expanduser() for name, path in self.splits.items()}

    def _splits(
        self, paths: Mapping[str, Sequence[str]], *, others: Mapping[str, Sequence[str]]
    ) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
        splits: dict[str, tuple[str, ...]] = {}
        problems: list[Problem] = []
        for name, place in self._lists().items():
            listed, of_list = parted(read_list(place, known=paths))
            ids = listed[: self.limit]
            splits[name] = tuple(i for i in ids if i in paths)
            problems += of_list
            problems += [self._lacking(i, name, others=others.get(i, ())) for i in ids if i not in paths]
        return splits, problems

    def _lacking(self, i: str, split: str, *, others: Sequence[str]) -> Problem:
        file = self.splits[split]
        remedy = "put it there, or take it out"
        if others:
            remedy = f"it is there as {others[0]}, whose suffix is not that of an image: save it as JPEG or PNG"
        why = f"{file} lists {i}, which {self.images} lacks: {remedy}"
        return Problem(kind="list", why=why, name=i, complaint=f"{file} {bool(others)}")

    def _labels(self, ids: Sequence[str], splits: Mapping[str, Sequence[str]]) -> tuple[Labels, list[Problem]]:
        """Return the labels of the images whose labels can be read."""
        if self.labels_from == "lists":
            stems = {name: path.stem for name, path in self._lists().items()}
            listed, of_lists = read_class_lists(
                self.home(),
                classes=self.classes,
                splits={stems[name]: of for name, of in splits.items()},
                difficult=self.difficult,
            )
            return {i: tuple(Marked(name=name) for name in names) for i, names in listed.items()}, of_lists
        labels: dict[str, tuple[Marked, ...]] = {}
        problems = []
        for i in ids:
            try:
                labels[i] = read_objects(self.home() / self._source(i), difficult=self.difficult)
            except FileError as error:
                problems.append(Problem.of_file(error, kind="label", name=self._source(i)))
        if labels and not any(labels.values()) and any((self.home() / CLASS_LISTS).glob("*_*.txt")):
            why = f"no annotation in {self.annotations} has an object, and {CLASS_LISTS} lists the images of classes"
            problems.append(Problem(kind="label", why=f"{why}: set dataset.labels_from=lists"))
        return labels, problems
