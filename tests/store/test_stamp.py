"""The stamp of the code follows every file and every package."""

import os
from pathlib import Path

import pytest

from wsss.store import stamp as stamps


@pytest.mark.parametrize("change", ["edited", "new", "gone"])
def test_the_stamp_follows_the_files_of_the_package(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cams").mkdir()
    module = tmp_path / "cams" / "cam.py"
    module.write_text("a = 1\n", encoding="utf-8")
    monkeypatch.setattr(stamps, "PACKAGE", tmp_path)
    before = stamps.stamp.__wrapped__()
    assert stamps.stamp.__wrapped__() == before
    match change:
        case "edited":
            os.utime(module, ns=(0, 0))
        case "new":
            (tmp_path / "cams" / "other.py").touch()
        case _:
            module.unlink()
    assert stamps.stamp.__wrapped__() != before


def test_the_stamp_follows_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    before = stamps.stamp.__wrapped__()
    (tmp_path / "crf-1.0.dist-info").mkdir()
    assert stamps.stamp.__wrapped__() != before
