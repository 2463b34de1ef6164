"""Look at a whole data set: what it holds, and everything that a run would refuse of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int64

from wsss.apps.check.findings import Check, Disagreement, Duplicates, Sizes, SplitCount
from wsss.data.examine import meanings
from wsss.data.layouts.base import Entry
from wsss.data.layouts.folder import TRAIN, VAL, Folder
from wsss.data.layouts.folder_listing import list_folder
from wsss.data.layouts.listing import Listing, Problem, problems_of
from wsss.data.layouts.voc import VOC
from wsss.data.layouts.voc_listing import list_voc
from wsss.data.look import Look, look_at_all
from wsss.errors import DataError, one_of
from wsss.labels import BACKGROUND, IGNORE, check_class_names, label_of

SEPARATE: Final = frozenset((BACKGROUND, IGNORE))
"""Labels of a mask that are not classes."""

Watch = Callable[[int], AbstractContextManager[Callable[[], None]]]


def check(
    writer: VOC | Folder,
    *,
    train: str = TRAIN,
    val: str = VAL,
    watch: Watch = lambda _: nullcontext(lambda: None),
) -> Check:
    """Look at a whole data set; nothing that is wrong ends it.

    Args:
        writer: The layout, as a run's `dataset`.
        train: The run's `splits.train`.
        val: The run's `splits.val`.
        watch: Opened with the number of images; what it gives is called after each of them.
    """
    listing = list_voc(writer) if isinstance(writer, VOC) else list_folder(writer)
    with watch(len(listing.entries)) as advance:
        looks = look_at_all(listing.entries, root=listing.root, classes=listing.classes, advance=advance)
    seen = Seen.of(listing, looks, skip=writer.on_bad_image == "skip")
    entries = listing.entries
    return Check(
        root=listing.root,
        classes=listing.classes,
        entries=entries,
        problems=(*listing.problems, *_problems(seen, needed=(train, val))),
        splits={name: _count(seen, ids) for name, ids in listing.splits.items()},
        together=_together(seen),
        sizes=Sizes.of([look.size for look in looks if look.size is not None]),
        negatives=tuple(entry.image for entry in entries if seen.is_negative(entry.id)),
        repeated=tuple(entry.image for entry in entries if len(seen.splits_of.get(entry.id, ())) > 1),
        duplicates=_duplicates(seen),
        masks=tuple(_disagreement(seen, c) for c in range(len(listing.classes))),
        absent=_absent(seen, train),
        unlisted=listing.unlisted,
        skipped=tuple(look.why for i, look in seen.looks.items() if i in seen.skipped),
    )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A listing and what was seen of its images, by id."""

    listing: Listing
    entries: Mapping[str, Entry]
    looks: Mapping[str, Look]
    classes: Mapping[str, frozenset[int]]
    """Indices of the classes that an image shows; names that are not classes are left out."""
    splits_of: Mapping[str, tuple[str, ...]]
    skipped: frozenset[str]
    """Images that a run leaves out instead of refusing them."""

    @classmethod
    def of(cls, listing: Listing, looks: Sequence[Look], *, skip: bool) -> "Seen":
        """Bring a listing and the looks at its entries, in their order, together."""
        number = {name: index for index, name in enumerate(listing.classes)}
        pairs = list(zip(listing.entries, looks, strict=True))
        splits_of: dict[str, tuple[str, ...]] = {}
        for name, ids in listing.splits.items():
            for i in dict.fromkeys(ids):
                splits_of[i] = (*splits_of.get(i, ()), name)
        return cls(
            listing=listing,
            entries={entry.id: entry for entry in listing.entries},
            looks={entry.id: look for entry, look in pairs},
            classes={e.id: frozenset(number[name] for name in e.names if name in number) for e in listing.entries},
            splits_of=splits_of,
            skipped=frozenset(entry.id for entry, look in pairs if skip and look.broken == "image"),
        )

    def is_negative(self, i: str) -> bool:
        """Whether an image is known to show no class."""
        return not self.entries[i].names and i not in self.listing.unread


def _count(seen: Seen, ids: Sequence[str]) -> SplitCount:
    return SplitCount(
        images=len(ids),
        negatives=sum(seen.is_negative(i) for i in ids),
        masks=sum(seen.entries[i].mask is not None for i in ids),
        by_class=tuple(sum(c in seen.classes[i] for i in ids) for c in range(len(seen.listing.classes))),
    )


def _together(seen: Seen) -> Int64[np.ndarray, "c c"]:
    shows = np.zeros((len(seen.classes), len(seen.listing.classes)), dtype=np.int64)
    for row, own in enumerate(seen.classes.values()):
        shows[row, list(own)] = 1
    return shows.T @ shows


def _absent(seen: Seen, split: str) -> tuple[str, ...]:
    if split not in seen.listing.splits:
        return ()
    shown = {c for i in seen.listing.splits[split] for c in seen.classes[i]}
    return tuple(name for c, name in enumerate(seen.listing.classes) if c not in shown)


def _disagreement(seen: Seen, cls: int) -> Disagreement:
    """Compare labels and masks of one class, over the images of which both can be read."""
    both = {i: look for i, look in seen.looks.items() if look.labels and i not in seen.listing.unread}
    drawn = {i: look.labels.get(label_of(cls), 0) for i, look in both.items()}
    labelled = {i: cls in seen.classes[i] for i in drawn}
    return Disagreement(
        agreed=sum(labelled[i] and pixels > 0 for i, pixels in drawn.items()),
        not_drawn=tuple(seen.entries[i].image for i, pixels in drawn.items() if labelled[i] and pixels == 0),
        not_labelled={seen.entries[i].image: n for i, n in drawn.items() if n > 0 and not labelled[i]},
    )


def _duplicates(seen: Seen) -> tuple[Duplicates, ...]:
    groups: dict[str, list[str]] = {}
    for i, look in seen.looks.items():
        if look.content:
            groups.setdefault(look.content, []).append(i)
    return tuple(_group(seen, ids) for ids in groups.values() if len(ids) > 1)


def _group(seen: Seen, ids: Sequence[str]) -> Duplicates:
    return Duplicates(
        images=tuple(seen.entries[i].image for i in ids),
        splits=tuple(dict.fromkeys(name for i in ids for name in seen.splits_of.get(i, ()))),
        same_file=len({seen.looks[i].file for i in ids}) == 1,
        same_labels=len({seen.classes[i] for i in ids}) == 1,
    )


def _problems(seen: Seen, *, needed: Sequence[str]) -> list[Problem]:
    """Return what a run refuses of the files, names and splits that a layout lists."""
    if not seen.listing.entries:
        return []
    return [
        *_of_files(seen),
        *_of_classes(seen.listing),
        *problems_of("mask", _of_all_masks(seen)),
        *problems_of("split", _of_splits(seen, needed)),
    ]


def _of_files(seen: Seen) -> list[Problem]:
    refused = [look for i, look in seen.looks.items() if i not in seen.skipped]
    return [Problem(kind=look.broken, why=look.why) for look in refused if look.broken is not None]


def _of_classes(listing: Listing) -> list[Problem]:
    try:
        check_class_names(listing.classes)
    except DataError as error:
        return problems_of("class", [str(error)])
    sources: dict[str, list[str]] = {}
    for entry in listing.entries:
        for name in dict.fromkeys(entry.names):
            if name not in listing.classes:
                sources.setdefault(name, []).append(entry.source)
    return problems_of("class", (_strange(name, where) for name, where in sorted(sources.items())))


def _strange(name: str, sources: Sequence[str]) -> str:
    images = "1 image is" if len(sources) == 1 else f"{len(sources)} images are"
    remedy = "correct the label, or add the class to `dataset.classes`"
    return f"{images} labelled {name!r}, which is not a class ({one_of(sources, limit=3)}): {remedy}"


def _of_all_masks(seen: Seen) -> list[str]:
    drawn = {label for i, look in seen.looks.items() if seen.classes[i] for label in look.labels}
    if not drawn <= SEPARATE or IGNORE not in drawn:
        return []
    return [f"the masks hold only 0 and 255, which is ignored, and no class: draw {meanings(seen.listing.classes)}"]


def _of_splits(seen: Seen, needed: Sequence[str]) -> list[str]:
    splits = seen.listing.splits
    empty = [name for name, ids in splits.items() if all(i in seen.skipped for i in ids)]
    missing = [name for name in dict.fromkeys(needed) if name not in splits]
    there = one_of(sorted(splits))
    return [
        *(f"split {name!r} is empty: list at least one image in it that can be read" for name in empty),
        *(f"there is no split {name!r}, which a run needs; this data set has: {there}" for name in missing),
    ]
