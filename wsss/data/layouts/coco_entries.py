"""Images of one of COCO's files, with what their annotations say: labels, boxes, and outlines to draw a mask from."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal, final

from wsss.boxes.box import Box
from wsss.data.drawing import Drawing, Shape
from wsss.data.images import find_files
from wsss.data.layouts.base import image_id
from wsss.data.layouts.coco_annotations import Annotation
from wsss.data.layouts.coco_file import CocoFile, Picture
from wsss.data.layouts.folder import by_composed_name
from wsss.data.layouts.label_row import LabelRow, composed
from wsss.data.layouts.missing import missing_images
from wsss.data.listing import Entry, Problem
from wsss.errors import one_of
from wsss.labels import IGNORE, MAX_CLASSES, label_of

MASKS = "masks"
"""Folder that masks are drawn into, below that of the index."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What becomes of crowds, and of images without annotations; see `COCO`."""

    crowd: Literal["background", "ignore"]
    labels_from_crowd: bool
    unannotated: Literal["keep", "skip"]


@dataclass(frozen=True, kw_only=True)
class Instances:
    """One annotation file beside its folder of images."""

    split: str
    file: CocoFile
    name: str
    """The file, below `root`."""
    folder: str
    """The folder of images, below `root`."""
    root: Path
    categories: Mapping[int, str]
    classes: Sequence[str]
    rules: Rules

    def entries(self) -> list[Entry]:
        """Return the images that are there, in the file's order."""
        return [self._entry(each) for each in self._pictures if composed(each.file_name) in self._there]

    def shapes(self, picture: Picture) -> Iterator[Shape]:
        """Yield the shapes of an image's mask, in the order in which they are drawn."""
        for each in self._in_drawing_order(self._annotations(picture)):
            assert each.outline is not None
            label = IGNORE if each.iscrowd else label_of(self._number[self.categories[each.category_id]])
            yield Shape(label=label, inside=each.outline.inside)

    def unlisted(self) -> list[str]:
        """Return the images of the folder that the file does not name."""
        named = {composed(each.file_name) for each in self.file.images}
        return [self._path(path) for name, path in self._there.items() if name not in named]

    def notes(self) -> Iterator[str]:
        """Yield a sentence for what is left out."""
        alone = len(self.file.images) - len(self._pictures)
        if alone:
            yield f"left out (dataset.unannotated=skip), {alone} images of {self.name}, which have no annotation"
        if not self._is_outlined:
            return
        without = [self._path(each.file_name) for each in self._pictures if not self._is_drawn(self._annotations(each))]
        if without:
            why = "an annotation has a box and no outline, so that these images have no mask"
            yield f"{len(without)} of {len(self._pictures)} images of {self.name}: {why}: {one_of(without, limit=3)}"

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with names and numbers in the file."""
        yield from self._twins
        named = {each.id for each in self.file.images}
        if len(named) < len(self.file.images):
            repeated = len(self.file.images) - len(named)
            yield Problem(
                kind="label", why=f"{self.name}: {repeated} images repeat the id of another: number them anew"
            )
        yield from self._listed_twice()
        strange = set(self.file.annotations.images) - named
        if strange:
            why = f"{self.name}: annotations are of images that it does not list, id {min(strange)} first"
            yield Problem(kind="label", why=f"{why}, {len(strange)} in all: add the images, or delete the annotations")
        unknown = sorted(set(self.file.annotations.categories) - self.categories.keys())
        if unknown:
            why = f"{self.name}: annotations are of categories that it does not list"
            yield Problem(
                kind="label", why=f"{why}, {one_of([str(each) for each in unknown])}: add them to `categories`"
            )
        rows = [
            LabelRow(image=composed(each.file_name), names=(), split=self.split, source=self._source(each))
            for each in self._pictures
            if composed(each.file_name) not in self._there
        ]
        yield from missing_images(rows, self._there, others=self._found[1], folder=self.folder, root=self.root)

    def _listed_twice(self) -> Iterator[Problem]:
        """Yield a problem where images of several ids are one file, of which one alone would be heeded."""
        names = Counter(composed(each.file_name) for each in self.file.images)
        if repeated := [name for name, count in names.items() if count > 1]:
            why = f"{self.name} lists {one_of(repeated, limit=3)} more than once"
            remedy = "give each image one entry, and all its annotations the id of that"
            yield Problem(kind="label", why=f"{why}: {remedy}")

    @property
    def is_empty(self) -> bool:
        """Whether it lists no image, or none that is kept."""
        return not self._pictures

    @cached_property
    def _pictures(self) -> list[Picture]:
        has, keep = self.file.annotations.has, self.rules.unannotated == "keep"
        return [each for each in self.file.images if keep or has(each.id)]

    def _annotations(self, picture: Picture) -> list[Annotation]:
        """Return an image's annotations of the classes, in the file's order."""
        annotations = self.file.annotations.of(picture.id)
        return [each for each in annotations if self.categories.get(each.category_id) in self._number]

    @cached_property
    def _number(self) -> dict[str | None, int]:
        return {name: index for index, name in enumerate(self.classes)}

    @cached_property
    def _found(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return find_files(self.root / self.folder)

    @cached_property
    def _composed(self) -> tuple[dict[str, str], list[Problem]]:
        return by_composed_name(self._found[0], folder=self.folder)

    @property
    def _there(self) -> dict[str, str]:
        return self._composed[0]

    @property
    def _twins(self) -> list[Problem]:
        return self._composed[1]

    def _path(self, name: str) -> str:
        return (PurePosixPath(self.folder) / name).as_posix()

    def _source(self, picture: Picture) -> str:
        return f"{self.name}, image {picture.id}"

    @cached_property
    def _is_outlined(self) -> bool:
        """Whether it has outlines at all, and not boxes alone; more classes than a mask holds are refused elsewhere."""
        return len(self.classes) <= MAX_CLASSES and self.file.annotations.has_outlines

    def _in_drawing_order(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Return the annotations that a mask shows, the lowest first: crowds, if at all, lie below everything."""
        crowds = [each for each in annotations if each.iscrowd and self.rules.crowd == "ignore"]
        return [*crowds, *(each for each in annotations if not each.iscrowd)]

    def _entry(self, picture: Picture) -> Entry:
        annotations = self._annotations(picture)
        image = self._path(self._there[composed(picture.file_name)])
        i = image_id(image)
        shown = [each for each in annotations if self.rules.labels_from_crowd or not each.iscrowd]
        drawing = Drawing(shapes=_Shapes(self, picture), size=picture.size) if self._is_drawn(annotations) else None
        return Entry(
            id=i,
            image=image,
            names=tuple(dict.fromkeys(self.categories[each.category_id] for each in shown)),
            source=self._source(picture),
            mask=None if drawing is None else f"{MASKS}/{i}.png",
            drawing=drawing,
            boxes=tuple(self._boxes(annotations, picture)),
        )

    def _boxes(self, annotations: Sequence[Annotation], picture: Picture) -> Iterator[tuple[str, Box]]:
        for each in annotations:
            if (box := each.box(picture.size)) is not None:
                yield self.categories[each.category_id], box

    def _is_drawn(self, annotations: Sequence[Annotation]) -> bool:
        """Whether an image with these annotations gets a mask: not where one that it would show has no outline."""
        return self._is_outlined and all(each.outline is not None for each in self._in_drawing_order(annotations))


@final
@dataclass(frozen=True, slots=True)
class _Shapes:
    """The shapes of an image's mask, made when it is drawn: a hundred thousand images have a million."""

    instances: Instances
    picture: Picture

    def __iter__(self) -> Iterator[Shape]:
        return self.instances.shapes(self.picture)
