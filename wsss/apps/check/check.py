"""Look at a whole data set: what it holds, and everything that a run would refuse of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Int64

from wsss.apps.check.findings import Check, Disagreement, Duplicates, Sizes, SplitCount
from wsss.data.class_notes import class_notes, size_notes, together_notes
from wsss.data.examine import Examined, Watch, bar_on_a_terminal, examine_all, hashed
from wsss.data.layouts.base import Layout
from wsss.data.listing import Entry, Listing, Problem
from wsss.data.refusals import refused_of_data, refused_of_splits
from wsss.labels import BACKGROUND, IGNORE, class_of

TRAIN: Final = "train"
VAL: Final = "val"
"""The splits of a run that says nothing else."""


def check_dataset(
    layout: Layout, *, into: Path, train: str = TRAIN, val: str = VAL, watch: Watch = bar_on_a_terminal
) -> Check:
    """Look at a whole data set; nothing that is wrong ends it.

    Args:
        layout: The layout, as a run's `dataset`.
        into: A folder for the images of a layout that makes its own.
        train: The run's `splits.train`.
        val: The run's `splits.val`.
        watch: Opened with the number of images; what it gives is called after each of them.
    """
    listing = layout.listing(into)
    examined = examine_all(listing, look=partial(hashed, white=layout.white), watch=watch)
    seen = Seen.of(listing, examined, skipped=layout.skipped(examined))
    entries = listing.entries
    return Check(
        root=listing.root,
        mask_root=listing.mask_root,
        classes=listing.classes,
        entries=entries,
        problems=(
            *listing.problems,
            *refused_of_data(listing, examined, skipped=seen.skipped),
            *_of_splits(seen, train=train, val=val),
        ),
        splits={name: _count(seen, ids) for name, ids in listing.splits.items()},
        together=_together(seen),
        sizes=Sizes.of([found.size for found in examined.values() if found.size is not None]),
        negatives=tuple(entry.image for entry in entries if seen.is_negative(entry.id)),
        repeated=tuple(entry.image for entry in entries if len(seen.splits_of.get(entry.id, ())) > 1),
        duplicates=_duplicates(seen),
        masks=_disagreements(seen),
        unlisted=listing.unlisted,
        notes=(*listing.notes, *layout.trait_notes(listing, examined), *_class_notes(seen, train)),
        white=layout.white,
        skipped=tuple(problem.why for i in seen.skipped if (problem := examined[i].problem) is not None),
    )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A listing and what was seen of its images, by id."""

    listing: Listing
    entries: Mapping[str, Entry]
    examined: Mapping[str, Examined]
    classes: Mapping[str, frozenset[int]]
    """Indices of the classes that an image shows; names that are not classes are left out."""
    splits_of: Mapping[str, tuple[str, ...]]
    skipped: tuple[str, ...]
    """Images that a run leaves out instead of refusing them."""

    @classmethod
    def of(cls, listing: Listing, examined: Mapping[str, Examined], *, skipped: tuple[str, ...]) -> "Seen":
        """Bring a listing and what its images are together."""
        number = {name: index for index, name in enumerate(listing.classes)}
        splits_of: dict[str, tuple[str, ...]] = {}
        for name, ids in listing.splits.items():
            for i in dict.fromkeys(ids):
                splits_of[i] = (*splits_of.get(i, ()), name)
        return cls(
            listing=listing,
            entries={entry.id: entry for entry in listing.entries},
            examined=examined,
            classes={e.id: frozenset(number[name] for name in e.names if name in number) for e in listing.entries},
            splits_of=splits_of,
            skipped=skipped,
        )

    def is_negative(self, i: str) -> bool:
        """Whether an image is known to show no class."""
        return not self.entries[i].names and i not in self.listing.unread


def _count(seen: Seen, ids: Sequence[str]) -> SplitCount:
    shown = Counter(c for i in ids for c in seen.classes[i])
    return SplitCount(
        images=len(ids),
        negatives=sum(seen.is_negative(i) for i in ids),
        masks=sum(seen.entries[i].mask is not None for i in ids),
        by_class=tuple(shown[c] for c in range(len(seen.listing.classes))),
    )


def _together(seen: Seen) -> Int64[np.ndarray, "c c"]:
    together = np.zeros((len(seen.listing.classes),) * 2, dtype=np.int64)
    for own, images in Counter(seen.classes.values()).items():
        together[np.ix_(list(own), list(own))] += images
    return together


def _class_notes(seen: Seen, split: str) -> list[str]:
    ids = [i for i in seen.listing.splits.get(split, ()) if i not in seen.skipped]
    shown, classes = [seen.classes[i] for i in ids], seen.listing.classes
    sizes = {seen.entries[i].image: size for i in ids if (size := seen.examined[i].size) is not None}
    return [
        *class_notes(shown, classes=classes, split=split),
        *together_notes(shown, classes=classes, split=split),
        *size_notes(sizes, split=split),
    ]


def _disagreements(seen: Seen) -> tuple[Disagreement, ...]:
    """Compare labels and masks of each class, over the images of which both can be read."""
    count = len(seen.listing.classes)
    agreed, not_drawn = [0] * count, [list[str]() for _ in range(count)]
    not_labelled = [dict[str, int]() for _ in range(count)]
    for i, found in seen.examined.items():
        if not found.labels or i in seen.listing.unread:
            continue
        image, labelled = seen.entries[i].image, seen.classes[i]
        drawn = {class_of(label): n for label, n in found.labels.items() if label not in (BACKGROUND, IGNORE)}
        for cls in labelled:
            if cls in drawn:
                agreed[cls] += 1
            else:
                not_drawn[cls].append(image)
        for cls in drawn.keys() - labelled:
            not_labelled[cls][image] = drawn[cls]
    return tuple(
        Disagreement(agreed=both, not_drawn=tuple(missing), not_labelled=more)
        for both, missing, more in zip(agreed, not_drawn, not_labelled, strict=True)
    )


def _duplicates(seen: Seen) -> tuple[Duplicates, ...]:
    groups: dict[str, list[str]] = {}
    for i, found in seen.examined.items():
        if found.content:
            groups.setdefault(found.content, []).append(i)
    return tuple(_group(seen, ids) for ids in groups.values() if len(ids) > 1)


def _group(seen: Seen, ids: Sequence[str]) -> Duplicates:
    return Duplicates(
        images=tuple(seen.entries[i].image for i in ids),
        splits=tuple(dict.fromkeys(name for i in ids for name in seen.splits_of.get(i, ()))),
        same_file=len({seen.examined[i].file for i in ids}) == 1,
        same_labels=len({seen.classes[i] for i in ids}) == 1,
    )


def _of_splits(seen: Seen, *, train: str, val: str) -> list[Problem]:
    if not seen.entries:
        return []
    shows = {
        name: [bool(seen.classes[i]) for i in ids if i not in seen.skipped] for name, ids in seen.listing.splits.items()
    }
    return refused_of_splits(shows, train=train, val=val)
