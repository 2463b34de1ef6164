"""Notes of runs in a store: a small file for each run's folder, named by the hash of what it says."""

import hashlib
import os
from pathlib import Path

from wsss.errors import StoreError
from wsss.paths import LONGEST, made_folder
from wsss.store.texts import read_bytes, write_text


def write_note(notes: Path, run: Path) -> None:
    """Note the folder of a run, an absolute path."""
    write_text(made_folder(notes) / _name(run), str(run))


def read_notes(notes: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders that are noted, sorted, and what lies among the notes and was not written by `write_note`."""
    there = sorted(notes.iterdir()) if notes.is_dir() and not notes.is_symlink() else []
    read = {note: _folder_in(note) for note in there if not note.name.startswith(".")}
    folders = {folder for folder in read.values() if folder is not None}
    return sorted(folders), [note for note, folder in read.items() if folder is None]


def _name(run: Path) -> str:
    return hashlib.sha256(os.fsencode(run)).hexdigest()[:32]


def _folder_in(note: Path) -> Path | None:
    try:
        text = read_bytes(note, most=4 * LONGEST).decode()
    except (StoreError, UnicodeDecodeError):
        return None
    return Path(text) if "\0" not in text and _name(Path(text)) == note.name else None
