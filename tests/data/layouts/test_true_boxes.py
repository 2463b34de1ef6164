"""Boxes of a record against those that its layout listed."""

from pathlib import Path

from wsss.boxes import Box
from wsss.data.index import TrueBox
from wsss.data.layouts.true_boxes import outside_note, true_boxes
from wsss.data.listing import Entry, Listing
from wsss.size import Size

SIZE = Size(height=100, width=200)
NUMBER = {"cat": 0, "dog": 1}


def entry(*boxes: tuple[str, Box]) -> Entry:
    return Entry(id="a", image="a.jpg", names=("cat", "dog"), source="a.xml", boxes=boxes)


def test_boxes_follow_an_image_that_is_reduced():
    listed = entry(("dog", Box(left=20, top=10, right=200, bottom=100)))
    found = true_boxes(listed, number=NUMBER, size=SIZE, reduced=Size(height=25, width=100))
    assert found == (TrueBox(cls=1, box=Box(left=10, top=2.5, right=100, bottom=25)),)


def test_boxes_beyond_the_image_do_not_score_and_are_noted():
    within, beyond = Box(left=0, top=0, right=200, bottom=100), Box(left=0, top=0, right=201, bottom=100)
    listed = entry(("cat", within), ("dog", beyond))
    assert [true.cls for true in true_boxes(listed, number=NUMBER, size=SIZE, reduced=SIZE)] == [0]
    (note,) = outside_note(Listing(root=Path(), entries=(listed,)), {"a": SIZE})
    assert note.startswith("a box reaches beyond its image in 1 annotations, a.xml")
    assert outside_note(Listing(root=Path(), entries=(entry(("cat", within)),)), {"a": SIZE}) == []
    assert outside_note(Listing(root=Path(), entries=(listed,)), {"a": None}) == []
