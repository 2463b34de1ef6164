"""Notes of runs: what was not written as one is told apart."""

import os
from pathlib import Path

from wsss.store.run_notes import read_notes, write_note


def test_folders_come_back_and_whatever_else_lies_there_is_named(tmp_path: Path):
    notes = tmp_path / ".runs"
    assert read_notes(notes) == ([], [])
    for name in ("b run", "a run", "a run", "línea"):
        write_note(notes, tmp_path / name)
    assert read_notes(notes) == ([tmp_path / "a run", tmp_path / "b run", tmp_path / "línea"], [])
    (notes / "folder").mkdir()
    os.mkfifo(notes / "pipe")
    (notes / "link").symlink_to(next(path for path in notes.iterdir() if path.is_file()))
    (notes / "latin").write_bytes("línea".encode("latin-1"))
    (notes / "other").write_text("/etc", encoding="utf-8")
    (notes / "long").write_text("/" + "x" * 100_000, encoding="utf-8")
    (notes / "nul").write_text("/a\0b", encoding="utf-8")
    folders, strange = read_notes(notes)
    assert len(folders) == 3
    assert [path.name for path in strange] == ["folder", "latin", "link", "long", "nul", "other", "pipe"]


def test_notes_behind_a_link_are_not_read(tmp_path: Path):
    write_note(tmp_path / "elsewhere", tmp_path)
    (tmp_path / ".runs").symlink_to(tmp_path / "elsewhere")
    assert read_notes(tmp_path / ".runs") == ([], [])
