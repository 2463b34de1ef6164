"""The table of images: the worst ones first, and a place in every order."""

import pytest

from wsss.draw import image_table
from wsss.draw.image_table import ORDERS, ImageLine, ranked

LINES = (
    ImageLine(id="a", split="train", classes=("dog",), iou=0.5, agreement=0.9),
    ImageLine(id="b", split="val", classes=("cat",), iou=None, agreement=None),
    ImageLine(id="c", split="train", classes=("cat", "dog"), iou=0.0, agreement=0.7),
    ImageLine(id="d", split="train", classes=(), iou=0.9, agreement=0.2),
)


def test_every_order_has_the_ids_in_it():
    found = ranked(LINES)
    assert [each.line.id for each in found] == ["c", "a", "d", "b"]
    by_order = {
        name: "".join(each.line.id for each in sorted(found, key=lambda each: each.places[name])) for name in ORDERS
    }
    assert by_order == {"iou": "cadb", "best": "dacb", "agreement": "dcab", "name": "acdb", "classes": "dbca"}


def test_without_any_truth_the_agreement_decides():
    lines = [ImageLine(id=name, split="train", classes=(), agreement=value) for name, value in (("x", 0.8), ("y", 0.1))]
    assert [each.line.id for each in ranked(lines)] == ["y", "x"]


def test_of_many_images_the_worst_are_listed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(image_table, "MOST", 2)
    found = ranked(LINES)
    assert [each.line.id for each in found] == ["c", "a"]
    assert found[0].places["best"] == 1
