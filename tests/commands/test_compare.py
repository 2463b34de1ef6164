"""`wsss compare`: words in, tables and pictures out."""

from pathlib import Path

import pytest
from compared_runs import two_runs
from rich.console import Console

from wsss.commands.compare import main


def test_the_command_prints_tables_and_writes_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    folders = two_runs(tmp_path)
    monkeypatch.setattr("wsss.engine.console", Console(width=200))
    main([*map(str, folders), "--out", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert "colour_jitter" in printed
    assert "+12.0" in printed
    name = f"{tmp_path.name} other"
    pictures = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert pictures == [f"{name} {word} than {tmp_path.name} first.jpg" for word in ("better", "worse")]
    assert str(tmp_path / "out" / pictures[0]) in printed
