"""Classes that a training cannot learn from its split, or learns little of, and images unlike the others."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Final

from wsss.data.index import Index
from wsss.errors import one_of
from wsss.size import Size

FEW: Final = 10
"""Images of a class below which little is learnt of it."""
UNLIKE: Final = 4.0
"""An image is unlike the others where its side, or its aspect, is this many times theirs or as many times less."""
NAMED: Final = 5
"""Names that stand in a sentence."""


def class_notes(shown: Sequence[Collection[int]], *, classes: Sequence[str], split: str) -> list[str]:
    """Return what a person should know of the classes of a split, a sentence each.

    Args:
        shown: The class indices of every image of the split.
        classes: Names of the classes.
        split: The split's name.
    """
    if not shown:
        return []
    images = Counter(c for own in shown for c in set(own))
    counts = [images[c] for c in range(len(classes))]
    absent = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    everywhere = [name for name, count in zip(classes, counts, strict=True) if count == len(shown)]
    notes = []
    if absent:
        remedy = "add images of it, or take it out of `dataset.classes`"
        notes.append(f"no image of split {split!r} shows {one_of(absent)}: this cannot be learnt; {remedy}")
    if everywhere:
        what = f"every image of split {split!r} shows {one_of(everywhere)}"
        why = "without images that do not, it cannot be told from its surroundings"
        notes.append(f"{what}: {why}; add some with an empty label")
    return notes


def index_notes(index: Index, *, split: str) -> list[str]:
    """Return the notes of a split of an index."""
    return class_notes([record.classes for record in index.split(split)], classes=index.classes, split=split)


def together_notes(shown: Sequence[Collection[int]], *, classes: Sequence[str], split: str) -> list[str]:
    """Return a sentence for all classes that the same images show; the arguments are those of `class_notes`."""
    images: list[set[int]] = [set() for _ in classes]
    for i, own in enumerate(shown):
        for c in own:
            images[c].add(i)
    alike: dict[frozenset[int], list[str]] = {}
    for name, of_class in zip(classes, images, strict=True):
        alike.setdefault(frozenset(of_class), []).append(name)
    remedy = "they cannot be told apart; add images of one without the other"
    return [
        f"{' and '.join(names)} are always shown together in split {split!r} (images: {len(own)}): {remedy}"
        for own, names in alike.items()
        if len(names) > 1 and 0 < len(own) < len(shown)
    ]


def size_notes(sizes: Mapping[str, Size], *, split: str) -> list[str]:
    """Return in a sentence which images of a split are of another size or aspect than the rest; none where none is."""
    if not sizes:
        return []
    side = median(max(size.height, size.width) for size in sizes.values())
    aspect = median(_aspect(size) for size in sizes.values())
    unlike = [
        f"{name} ({size.width} x {size.height})"
        for name, size in sizes.items()
        if _far(max(size.height, size.width), side) or _far(_aspect(size), aspect)
    ]
    if not unlike:
        return []
    what = f"{len(unlike)} of {len(sizes)} images of split {split!r} are unlike the others in size or aspect"
    return [f"{what}: {one_of(unlike, limit=NAMED)}; look at them"]


def _aspect(size: Size) -> float:
    return max(size.height, size.width) / min(size.height, size.width)


def _far(value: float, usual: float) -> bool:
    return not usual / UNLIKE < value < usual * UNLIKE
