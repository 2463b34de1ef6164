"""The first of what pydantic refuses, by its place."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from wsss.validation import early_end, ends_early, first_problem, reason


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


def test_what_the_system_says_is_told_without_the_path(tmp_path: Path):
    for path, said in ((tmp_path / "gone", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(OSError, match=re.escape(str(path))) as caught:
            path.read_bytes()
        assert reason(caught.value) == said
    assert reason(OSError("image file is truncated")) == "image file is truncated"


def test_a_key_of_any_length_is_cut():
    where, _, _ = first_problem(refused({"k" * 1000: "a"}, dict[str, int])).partition(":")
    assert where == "k" * 80


@pytest.mark.parametrize("data", ['{"x": 1', "[", '{"x": tru', '"\\u00', "[{}, ", '\ufeff{"x": "é'])
def test_json_without_its_end_is_told_with_the_last_byte(data: str):
    given = data.encode()
    assert ends_early(given)
    for text in (given, data) if not data.startswith("\ufeff") else ():
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Point).validate_json(text)
        assert first_problem(caught.value) == f"JSON that ends too early, at byte {len(given)}"


@pytest.mark.parametrize("data", [b"", b" ", b"{}", b"{} x", b'{"x" 1}', b"[1,]", b"[" * 100_000])
def test_other_texts_do_not_end_early(data: bytes):
    assert not ends_early(data)


def test_large_numbers_of_bytes_are_grouped():
    assert early_end(1234567, form="XML") == "XML that ends too early, at byte 1,234,567"
