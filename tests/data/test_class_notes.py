"""Classes that cannot be learnt, by hand."""

from pathlib import Path

from wsss.data.class_notes import class_notes, index_notes
from wsss.data.index import Index, Record
from wsss.types import Size

CLASSES = ("cat", "dog", "cow")


def test_classes_that_no_image_or_every_image_shows():
    absent, everywhere = class_notes([(0,), (0, 1)], classes=CLASSES, split="train")
    remedy = "add images of it, or take it out of `dataset.classes`"
    assert absent == f"no image of split 'train' shows cow: this cannot be learnt; {remedy}"
    assert everywhere == (
        "every image of split 'train' shows cat: without images that do not, it cannot be told from its surroundings; "
        "add some with an empty label"
    )
    assert class_notes([(0,), (1, 2)], classes=CLASSES, split="train") == []
    assert class_notes([], classes=CLASSES, split="train") == []


def test_the_split_counts_and_not_the_others():
    size = Size(height=1, width=1)
    records = [Record(id=i, image=i, size=size, classes=c) for i, c in (("a", (0, 1)), ("b", (2,)), ("c", ()))]
    index = Index.of(records, classes=CLASSES, splits={"train": ["a", "c"], "val": ["b"]}, root=Path())
    (note,) = index_notes(index, split="train")
    assert note.startswith("no image of split 'train' shows cow")
