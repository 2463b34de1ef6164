"""Texts are whole, and JSON is readable."""

import errno
import json
from pathlib import Path

import pytest

from wsss.store.texts import whole, write_bytes, write_json


def test_json_is_readable_text_of_finite_numbers(tmp_path: Path):
    write_json(tmp_path / "a.json", {"b": "猫", "a": [1, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "b": "猫",\n  "a": [\n    1,\n    null\n  ]\n}\n'
    assert list(json.loads(text)) == ["b", "a"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", float("nan"))
    assert not (tmp_path / "b.json").exists()


def test_a_disk_that_can_only_be_read_is_told_of_the_file_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The system refuses to delete there, too: its second error named the hidden file."""

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    for name in ("write_bytes", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    with pytest.raises(OSError, match=r"Read-only file system: '.*/a\.bin'"):
        write_bytes(tmp_path / "a.bin", b"")


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text("before", encoding="utf-8")

    def fails() -> None:
        with whole(path) as hidden:
            hidden.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [("a.json", "before")]
