"""The first of what pydantic refuses, by its place."""

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from wsss.validation import first_problem


class Point(BaseModel):
    x: int
    y: int


def refused(value: object, of: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(of).validate_python(value)
    return caught.value


def test_the_first_place_is_told():
    assert first_problem(refused([{"x": 1, "y": "a"}, {"x": "b"}], list[Point])).startswith(
        "0.y: Input should be a valid"
    )
    assert first_problem(refused("a", int)).startswith("Input should be a valid integer")


def test_a_key_of_any_length_is_cut():
    where, _, _ = first_problem(refused({"k" * 1000: "a"}, dict[str, int])).partition(":")
    assert where == "k" * 80
