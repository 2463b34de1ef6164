"""JSON read in parts: one item of a list after the other."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, strategies as st

from wsss.data import json_items as module
from wsss.data.json_items import Found, json_items

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def read(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for found in json_items(BytesIO(data)):
        value = json.loads(found.data)
        if found.number is None:
            content[found.key] = value
        else:
            content.setdefault(found.key, []).append(value)
    return content


@given(
    content=st.dictionaries(st.text(max_size=5), VALUES, max_size=4),
    chunk=st.integers(1, 40),
    ascii_alone=st.booleans(),
    indent=st.none() | st.integers(0, 2),
)
def test_parts_are_what_the_whole_is(content: dict[str, Any], chunk: int, ascii_alone: bool, indent: int | None):
    data = json.dumps(content, ensure_ascii=ascii_alone, indent=indent).encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        assert read(data) == content


def test_an_item_lies_where_it_is_said_to():
    data = '\ufeff{"é": [ {"a": "ü"} ,2.5e1], "n": 12 , "none": [] }'.encode()
    found = list(json_items(BytesIO(data)))
    assert found == [
        Found("é", 0, data.index(b'{"a"'), '{"a": "ü"}'.encode()),
        Found("é", 1, data.index(b"2.5"), b"2.5e1"),
        Found("n", None, data.index(b"12"), b"12"),
        Found("none", None, data.index(b"[]"), b"[]"),
    ]
    assert all(data[each.start :].startswith(each.data) for each in found)


@pytest.mark.parametrize("chunk", [1, 1000])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "expected '{' at byte 0"),
        (b"[1]", "expected '{' at byte 0"),
        (b'{"a": 1', "expected '}' at byte 7"),
        (b'{"a": [1', "expected ']' at byte 8"),
        (b'{"a": [1,]}', "Expecting value at byte 9"),
        (b'{"a": [1 2]}', "expected ']' at byte 9"),
        (b'{"a" 1}', "expected ':' at byte 5"),
        (b"{1: 1}", "expected a key in double quotes"),
        (b'{"a": 1,}', "Expecting value at byte 8"),
        (b'{"a": "b', "Unterminated string"),
        (b'{"a": {"b": }}', "Expecting value at byte 12"),
        (b'{"a": 1, "b": 2, "a": [1]}', "'a' is there twice"),
        (b'{"a": 1} x', "expected the end of the file at byte 9"),
        (b'{"a": [1]} {', "expected the end of the file at byte 11"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(data: bytes, why: str, chunk: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CHUNK", chunk)
    with pytest.raises(ValueError, match=why):
        read(data)


def test_values_in_values_without_end_are_refused():
    with pytest.raises(RecursionError):
        read(b'{"a": ' + b"[" * 200_000)


def test_no_more_is_kept_than_a_value_needs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CHUNK", 100)
    data = json.dumps({"a": list(range(10_000))}).encode()
    file = BytesIO(data)
    for found in json_items(file):
        assert file.tell() - found.start <= 300
