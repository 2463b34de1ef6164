"""Cells of labels."""

from typing import Any

import pytest

from wsss.boxes.box import Box
from wsss.data.layouts.label_cell import read_cell
from wsss.errors import DataError


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("cat", ("cat",)),
        ("cat;dog", ("cat", "dog")),
        (["dog", "cat", "dog"], ("dog", "cat")),
        (1, ("cat",)),
        ([0, "cat"], ("dog", "cat")),
        ([], ()),
        ("", ()),
        (None, ()),
    ],
)
def test_names(cell: Any, names: tuple[str, ...]):
    assert read_cell(cell, classes=("dog", "cat"), separator=";") == (names, ())


def test_objects_have_boxes():
    cell = {"categories": ["cat", "dog"], "bbox": [[1, 2, 4, 5], [0, 0, 0, 1]]}
    assert read_cell(cell, classes=None) == (("cat", "dog"), (("cat", Box(left=1, top=2, right=5, bottom=7)),))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (2, r"has the number 2 for a label: correct it, or add the class to .*, whose numbers are 0 \.\. 1"),
        (True, "has the label 'True': write names"),
        (1.5, "write names"),
        ({"bbox": []}, "without a list of `categories`"),
    ],
)
def test_what_is_wrong(cell: Any, words: str):
    with pytest.raises(DataError, match=words):
        read_cell(cell, classes=("dog", "cat"))
