"""Labels that another character separates than expected."""

import pytest

from wsss.data.layouts.joined import joined_labels
from wsss.data.layouts.label_row import LabelRow


def rows(*labels: str) -> list[LabelRow]:
    """One image for each of the names, from line 2 on."""
    return [
        LabelRow(image=f"{i}.jpg", names=(name,), split=None, source=f"line {i}", line=i)
        for i, name in enumerate(labels, start=2)
    ]


@pytest.mark.parametrize("mark", [",", "|", "#", "/", "\t", "+", "&", " "])
def test_a_name_that_is_made_of_others(mark: str):
    (problem,) = joined_labels(rows("cat", "dog", f"cat{mark}dog"), separator=";", known=())
    assert problem.why == (
        f"line 4: the label {f'cat{mark}dog'!r} looks like 'cat' and 'dog': set dataset.separator={mark!r}, or "
        "separate labels with ';'; if it is one class, name it in `dataset.classes`"
    )


def test_parts_that_never_stand_alone():
    problems = list(joined_labels(rows("cat|dog", "cow|dog"), separator=";", known=()))
    assert [problem.name for problem in problems] == ["'cat|dog'", "'cow|dog'"]
    assert len({problem.complaint for problem in problems}) == 1


@pytest.mark.parametrize("name", ["['cat'", '"cat"', "{cat}"])
def test_a_name_in_brackets_or_quotes(name: str):
    (problem,) = joined_labels(rows("dog", f"{name}]" if name[0] == "[" else name), separator=";", known=())
    assert "looks like a list: separate labels with ';', without brackets and quotes" in problem.why


@pytest.mark.parametrize(
    "names", [("sea lion", "lion"), ("polar bear", "brown bear"), ("and/or", "cat"), ("rock'n'roll",), ("'", "it's")]
)
def test_names_of_one_class(names: tuple[str, ...]):
    assert list(joined_labels(rows(*names), separator=";", known=())) == []


def test_names_that_are_given_as_classes_and_the_separator_itself_are_accepted():
    given = rows("salt", "salt/pepper")
    assert len(list(joined_labels(given, separator=";", known=()))) == 1
    assert list(joined_labels(given, separator=";", known=("salt/pepper",))) == []
    assert list(joined_labels(given, separator="/", known=())) == []
