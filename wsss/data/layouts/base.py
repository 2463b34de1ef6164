"""Layouts of data sets: each turns its way of storing images and labels into the same index."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, final

from wsss.configurable import Configurable
from wsss.data.archives import forget_lists, span_at
from wsss.data.depth import WHITE
from wsss.data.examine import Examined, examine_all
from wsss.data.index import Index, Record
from wsss.data.layouts.true_boxes import outside_note, true_boxes
from wsss.data.listing import Listing, Problem, refuse
from wsss.data.mask_notes import mask_notes
from wsss.data.refusals import refused_of_data
from wsss.data.traits import trait_notes
from wsss.errors import ConfigError

LARGE: Final = 16_000_000
"""Pixels from which on a person is told what an image costs: networks look at whole ones, at up to twice their size."""
LEAST_SIDE: Final = 32
"""A network sees nothing in a smaller image."""
LEFT_OUT: Final = 10
"""So many of the images that are left out are noted; the rest are not."""

OnBadImage = Literal["refuse", "skip"]
"""What becomes of images that cannot be read: nothing is indexed, or they are left out and noted."""


@dataclass(frozen=True, kw_only=True)
class Layout(Configurable, ABC):
    """A data set's layout; the fields say where things lie and how they are named."""

    limit: int | None = None
    """Keep the first `limit` images of every split, for a quick look; None keeps all."""
    on_bad_image: OnBadImage = "refuse"
    """`skip`: images that cannot be read are left out and reported; the run goes on without them."""

    white: int = WHITE
    """The value that is read as white in images of 16 bits, such as 4095 for a camera of 12."""

    long_side: int | None = None
    """Pixels to which larger images are reduced, with their masks, before anything looks at them; None: none are.

    Time and memory of maps, of CRFs and of networks grow with the pixels. Scores are those of the reduced masks;
    `predict` reduces an image likewise, and gives its mask the image's own size."""

    def __post_init__(self) -> None:
        problems = []
        if self.long_side is not None and self.long_side < LEAST_SIDE:
            problems.append(f"dataset.long_side: {self.long_side} shows nothing; use at least {LEAST_SIDE}, or null")
        if self.limit is not None and self.limit < 1:
            problems.append(f"dataset.limit: {self.limit} keeps no image; use 1 or more, or null for all")
        if not 1 <= self.white <= WHITE:
            problems.append(f"dataset.white: {self.white} is not in 1 .. {WHITE}; use 4095 for a camera of 12 bits")
        if problems:
            raise ConfigError(problems)

    @classmethod
    def found_at(cls, root: Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the options with which this layout reads a folder; None where the folder is laid out otherwise.

        It is what `wsss data check` asks for what is not `given`, by name of a field.
        """
        del root, given
        return None

    def content(self) -> dict[str, tuple[Path, ...]]:
        """The data set's files count by their bytes, wherever `root` is."""
        sources = self.sources()
        return {"root": sources} if sources else {}

    @abstractmethod
    def listing(self, into: Path) -> Listing:
        """List images, labels and splits, with every problem on the way; no image is opened.

        A layout that makes its own images draws them below `into`. One whose masks are outlines names a `drawing` of
        each and `into` as the listing's `drawn`: masks are drawn as images are examined, and kept with the index.
        """

    @abstractmethod
    def sources(self) -> tuple[Path, ...]:
        """Return the files and folders whose content defines the data set; none where it is drawn by code.

        Raises `DataError` for those that are missing.
        """

    @abstractmethod
    def home(self) -> Path:
        """Return the folder that the index's paths start from: absolute, or relative to `into`."""

    @final
    def index(self, into: Path, *, pack: int | None = None) -> Index:
        """List the data set, decode every image, check every mask, and gather the index.

        Masks that are drawn from outlines are a file each, or `pack` in an archive.
        Raises `DataError` with all problems of the listing or, where there are none, with all of the files.
        """
        listing = self.listing(into).or_raise()
        examined = examine_all(listing, pack=pack)
        skipped = self.skipped(examined)
        refuse(refused_of_data(listing, examined, skipped=skipped))
        records = _records(listing, examined, skipped=skipped, long_side=self.long_side)
        forget_lists()
        return Index.of(
            records,
            classes=listing.classes,
            splits={name: [i for i in ids if i not in skipped] for name, ids in listing.splits.items()},
            root=listing.root,
            drawn=listing.drawn,
            white=self.white,
            long_side=self.long_side,
            notes=(
                *listing.notes,
                *self.trait_notes(listing, examined),
                *_skipped_note(skipped, examined, root=listing.root),
                *_size_note(records),
                *outside_note(listing, {i: each.size for i, each in examined.items()}),
            ),
        )

    @final
    def trait_notes(self, listing: Listing, examined: Mapping[str, Examined]) -> tuple[str, ...]:
        """Return a sentence for every way in which images, or masks, are read otherwise than a person may think."""
        images = [(entry.image, examined[entry.id].traits) for entry in listing.entries]
        masks = [(e.mask, examined[e.id].labels) for e in listing.entries if e.mask is not None and e.names]
        return (*trait_notes(images, white=self.white), *mask_notes(masks, classes=listing.classes))

    @final
    def skipped(self, examined: Mapping[str, Examined]) -> tuple[str, ...]:
        """Return the ids of the images that cannot be read and are left out."""
        if self.on_bad_image == "refuse":
            return ()
        return tuple(i for i, found in examined.items() if found.broken == "image")


def image_id(path: str) -> str:
    """Return the id of an image at a relative path: the path without its suffix, in NFC (macOS decomposes names)."""
    return unicodedata.normalize("NFC", str(PurePosixPath(path).with_suffix("")))


def by_id(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the paths of images by id."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(image_id(path), []).append(path)
    return groups


def ambiguous(images: Mapping[str, Sequence[str]], *, folder: str) -> list[Problem]:
    """Return a problem for every id that several images of a folder have."""
    return [
        Problem(kind="name", why=f"{folder}: {' and '.join(paths)} have one id, {i!r}: rename one of them")
        for i, paths in images.items()
        if len(paths) > 1
    ]


def _records(
    listing: Listing, examined: Mapping[str, Examined], *, skipped: Collection[str], long_side: int | None
) -> list[Record]:
    number = {name: index for index, name in enumerate(listing.classes)}
    records = []
    for entry in listing.entries:
        size = examined[entry.id].size
        if entry.id not in skipped and size is not None:
            classes = tuple(sorted({number[name] for name in entry.names}))
            small = size.within(long_side)
            boxes = true_boxes(entry, number=number, size=size, reduced=small)
            mask = examined[entry.id].mask or entry.mask
            record = Record(
                id=entry.id,
                image=entry.image,
                size=small,
                classes=classes,
                mask=mask,
                boxes=boxes,
                image_span=_span(listing.root, entry.image),
                mask_span=_span(listing.mask_root, mask),
                digest=examined[entry.id].file,
            )
            records.append(record)
    return records


def _span(root: Path, name: str | None) -> tuple[int, int] | None:
    span = None if name is None else span_at(root / name)
    return None if span is None else (span.start, span.size)


def _skipped_note(skipped: Sequence[str], examined: Mapping[str, Examined], *, root: Path) -> list[str]:
    if not skipped:
        return []
    problems = [problem for i in skipped[:LEFT_OUT] if (problem := examined[i].problem) is not None]
    others = ["and others"] if len(skipped) > LEFT_OUT else []
    why = "; ".join([*(problem.why.removeprefix(f"{root}/") for problem in problems), *others])
    count = f"{len(skipped)} of {len(examined)} images"
    return [f"left out (dataset.on_bad_image=skip), {count}, which cannot be read: {why}"]


def _size_note(records: Sequence[Record]) -> list[str]:
    large = [record for record in records if record.size.height * record.size.width >= LARGE]
    if not large:
        return []
    first = f"{large[0].image}, {large[0].size.width} x {large[0].size.height} pixels"
    remedy = "reduce them with dataset.long_side=1000"
    return [f"large images, {len(large)} of {len(records)} ({first}): where memory or time does not suffice, {remedy}"]
