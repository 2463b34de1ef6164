"""JSON read in parts: one item of a list after the other."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic import TypeAdapter

from wsss.data import json_items as module
from wsss.data.json_items import Value, json_items

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def read(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for value in json_items(BytesIO(data)):
        if value.number is None:
            content[value.key] = json.loads(value.data)
        else:
            content.setdefault(value.key, []).append(json.loads(value.data))
    return content


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # neither is a fault where cores are busy
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
    values = list(json_items(BytesIO(data)))
    assert values == [
        Value("é", 0, data.index(b'{"a"'), '{"a": "ü"}'.encode()),
        Value("é", 1, data.index(b"2.5"), b"2.5e1"),
        Value("n", None, data.index(b"12"), b"12"),
        Value("none", None, data.index(b"[]"), b"[]"),
    ]
    assert all(data[each.start :].startswith(each.data) for each in values)


def test_a_value_is_parsed_or_its_place_is_named():
    counts = TypeAdapter(dict[str, int]).validate_json
    item, whole = json_items(BytesIO(b'{"a": ["7"], "b": 7}'))
    assert whole.read(TypeAdapter(int).validate_json) == 7
    with pytest.raises(ValueError, match=r"^a\.0: Input should be an object$"):
        item.read(counts)
    with pytest.raises(ValueError, match=r"^b: Input should be an object$"):
        whole.read(counts)


@pytest.mark.parametrize("chunk", [1, 1000])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "expected '{' at byte 0"),
        (b"[1]", "expected '{' at byte 0"),
        (b'{"a": 1', "^JSON that ends too early, at byte 7$"),
        (b'{"a": [1', "^JSON that ends too early, at byte 8$"),
        (b'{"a": [1, ', "^JSON that ends too early, at byte 10$"),
        (b'{"a": [1, {"b": tru', "^JSON that ends too early, at byte 19$"),
        (b"{", "^JSON that ends too early, at byte 1$"),
        (b'{"a": [1,]}', "Expecting value at byte 9"),
        (b'{"a": [1 2]}', "expected ']' at byte 9"),
        (b'{"a" 1}', "expected ':' at byte 5"),
        (b"{1: 1}", "expected a key in double quotes at byte 1"),
        (b'{"a": 1, 23: 1}', "expected a key in double quotes at byte 9"),
        (b'{"a": 1,}', "Expecting value at byte 8"),
        (b'{"a": "b', "^JSON that ends too early, at byte 8$"),
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


def test_values_that_are_nested_too_deeply_are_refused():
    with pytest.raises(RecursionError):
        read(b'{"a": ' + b"[" * 200_000)


def test_no_more_is_kept_than_a_value_needs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CHUNK", 100)
    data = json.dumps({"a": list(range(10_000))}).encode()
    file = BytesIO(data)
    for value in json_items(file):
        assert file.tell() - value.start <= 300


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named(encoding: str):
    with pytest.raises(ValueError, match="most likely UTF-16: save it as UTF-8"):
        list(json_items(BytesIO('{"a": [1]}'.encode(encoding))))
