"""Labels that are a slip of the keyboard, of a program or of an alphabet."""

import pytest

from wsss.data.layouts.label_row import LabelRow
from wsss.data.layouts.unlikely import seen_as, unlikely_labels


def rows(*labels: str) -> list[LabelRow]:
    """One image for each of the names, from line 2 on."""
    return [
        LabelRow(image=f"{i}.jpg", names=(name,), split=None, source=f"line {i}", line=i)
        for i, name in enumerate(labels, start=2)
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cat", "Cat"),
        ("cat", "c\u0430t"),  # Cyrillic
        ("hot dog", "hot\u00a0dog"),
        ("hot dog", "hot  dog"),
        ("hot dog", "hot_dog"),
        ("hot dog", "Hot-Dog"),
        ("cat", "cat\u200b"),
        ("fish", "\ufb01sh"),  # a ligature
        ("stra\u00dfe", "STRASSE"),
    ],
)
def test_names_that_look_alike(name: str, other: str):
    (problem,) = unlikely_labels(rows(name, other, name), known=())
    assert problem.why.startswith(f"line 3: the label {other!r}")
    assert f"is almost {name!r}" in problem.why
    assert problem.why.endswith("spell both alike; if each is a class of its own, name both in `dataset.classes`")
    assert list(unlikely_labels(rows(name, other), known=(name, other))) == []
    assert len(list(unlikely_labels(rows(name, other), known=(name,)))) == 1


@pytest.mark.parametrize("names", [("cat", "cats"), ("\u043a\u043e\u0442", "kot"), ("\u732b", "\u72ac"), ("c", "C++")])
def test_names_that_differ(names: tuple[str, ...]):
    assert list(unlikely_labels(rows(*names), known=())) == []


@pytest.mark.parametrize("name", ["nan", "None", "NULL", "N/A", "<NA>", "?", "-"])
def test_words_for_nothing(name: str):
    (problem,) = unlikely_labels(rows("cat", name), known=())
    assert problem.why.startswith(f"line 3: the label {name!r} looks like an empty cell: leave it empty where")
    assert list(unlikely_labels(rows("cat", name), known=("cat", name))) == []


@pytest.mark.parametrize("name", ["id", "Index", "fold"])
def test_columns_of_numbers(name: str):
    (problem,) = unlikely_labels(rows("cat", name), known=())
    assert problem.why.startswith(f"line 3: the label {name!r} looks like a column of numbers: take that column out")
    assert list(unlikely_labels(rows("cat", name), known=("cat", name))) == []


def test_a_foreign_letter_is_told_by_its_number():
    (problem,) = unlikely_labels(rows("cat", "c\u0430t"), known=())
    assert "(in ASCII 'c\\u0430t')" in problem.why


def test_what_is_seen():
    assert seen_as("  Hot_Dog ") == "hot dog"
