"""Classes that a training cannot learn from its split: no image shows them, or every image does."""

from collections.abc import Collection, Sequence

from wsss.data.index import Index
from wsss.errors import one_of


def class_notes(shown: Sequence[Collection[int]], *, classes: Sequence[str], split: str) -> list[str]:
    """Return what a person should know of the classes of a split, a sentence each.

    Args:
        shown: The class indices of every image of the split.
        classes: Names of the classes.
        split: The split's name.
    """
    if not shown:
        return []
    counts = [sum(c in own for own in shown) for c in range(len(classes))]
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
