"""References of runs to artifacts: as long as a run's own folder is there, what it is made of is kept."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from wsss.errors import StoreError
from wsss.run.names import RECORD
from wsss.run.run_file import referred_in
from wsss.store.run_notes import read_notes
from wsss.store.store import Store


def used_by(store: Store) -> dict[str, tuple[Path, ...]]:
    """Return the folders of the runs, finished or not, that refer to each artifact, by its fingerprint.

    Raises `StoreError` for a run whose record cannot be read: what it refers to is not known.
    """
    return _users(store.remembered())


def known_users(store: Store) -> tuple[dict[str, tuple[Path, ...]], list[str]]:
    """Return what `used_by` does as far as it can be read, and what is wrong with the rest, in a sentence each."""
    folders, strange = read_notes(store.runs)
    problems = [f"{note} is not the note of a run: delete it" for note in strange]
    readable = []
    for folder in folders:
        try:
            _users([folder])
            readable.append(folder)
        except StoreError as error:
            problems.append(str(error))
    return _users(readable), problems


def lost(store: Store) -> list[Path]:
    """Return the folders of runs that are gone, or that hold a run no more: they refer to nothing."""
    return [folder for folder in store.noted() if not (folder / RECORD).exists()]


def _users(folders: Iterable[Path]) -> dict[str, tuple[Path, ...]]:
    users: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        record = folder / RECORD
        if record.exists():
            for fingerprint in _fingerprints(folder, changed=record.stat().st_mtime_ns):
                users[fingerprint].append(folder)
    return {fingerprint: tuple(named) for fingerprint, named in users.items()}


@lru_cache(maxsize=10_000)
def _fingerprints(folder: Path, *, changed: int) -> tuple[str, ...]:
    """Read a record; `changed` is its time, so that it is read again when it was written again."""
    return referred_in(folder)
