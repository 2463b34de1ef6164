"""The first of what pydantic refuses, by its place."""

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from wsss.validation import first_problem, reason


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


def test_a_part_of_a_file_is_named_by_its_keys():
    within = ("images", 7)
    assert first_problem(refused({"x": 1}, Point), within=within) == "images.7.y: Field required"
    assert first_problem(refused("a", int), within=within).startswith("images.7: Input should be a valid integer")


def test_a_reason_is_one_line():
    assert reason(refused({"x": 1}, Point)) == "y: Field required"
    assert reason(ValueError("cut off\nat the end")) == "cut off"


def test_a_key_of_any_length_is_cut():
    where, _, _ = first_problem(refused({"k" * 1000: "a"}, dict[str, int])).partition(":")
    assert where == "k" * 80
