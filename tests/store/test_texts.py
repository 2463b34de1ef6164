"""Texts are whole, and JSON is readable."""

import json
from pathlib import Path

import pytest

from wsss.store.texts import write_json


def test_json_is_readable_text_of_finite_numbers(tmp_path: Path):
    write_json(tmp_path / "a.json", {"b": "猫", "a": [1, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "b": "猫",\n  "a": [\n    1,\n    null\n  ]\n}\n'
    assert list(json.loads(text)) == ["b", "a"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", float("nan"))
    assert not (tmp_path / "b.json").exists()
