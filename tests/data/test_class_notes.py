"""Classes that cannot be learnt, by hand."""

from pathlib import Path

from wsss.data.class_notes import class_notes, index_notes, size_notes, together_notes
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


def test_classes_that_the_same_images_show():
    shown = [(0, 1), (0, 1), (2,)]
    (note,) = together_notes(shown, classes=CLASSES, split="train")
    assert note == (
        "cat and dog are always shown together in split 'train' (images: 2): "
        "they cannot be told apart; add images of one without the other"
    )
    assert together_notes([*shown, (0,)], classes=CLASSES, split="train") == []
    assert together_notes([(0, 1)], classes=CLASSES, split="train") == []  # every image shows them, which is said
    assert together_notes([(), ()], classes=CLASSES, split="train") == []  # none does, which is said too


def test_images_of_another_size_or_aspect():
    usual = {f"{i}.png": Size(height=300, width=400) for i in range(5)}
    assert size_notes(usual, split="train") == size_notes({}, split="train") == []
    near = {"a.png": Size(height=1500, width=1599), "b.png": Size(height=80, width=101)}
    assert size_notes({**usual, **near}, split="train") == []
    far = {
        "a.png": Size(height=1600, width=1600),
        "b.png": Size(height=60, width=400),
        "c.png": Size(height=75, width=100),
    }
    (note,) = size_notes({**usual, **far}, split="train")
    assert note == (
        "3 of 8 images of split 'train' are unlike the others in size or aspect: "
        "a.png (1600 x 1600), b.png (400 x 60), c.png (100 x 75); look at them"
    )
