"""References of runs to artifacts: as long as a run's own folder is there, what it is made of is kept."""

from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from wsss.run.names import RECORD
from wsss.run.record import referred_in
from wsss.store.store import Store


def used_by(store: Store) -> dict[str, tuple[Path, ...]]:
    """Return the folders of the runs, finished or not, that refer to each artifact, by its fingerprint.

    Raises `StoreError` for a run whose record cannot be read: what it refers to is not known.
    """
    users: dict[str, list[Path]] = defaultdict(list)
    for folder in store.remembered():
        record = folder / RECORD
        if record.exists():
            for fingerprint in _fingerprints(folder, changed=record.stat().st_mtime_ns):
                users[fingerprint].append(folder)
    return {fingerprint: tuple(folders) for fingerprint, folders in users.items()}


def lost(store: Store) -> list[Path]:
    """Return the folders of runs that are gone, or that hold a run no more: they refer to nothing."""
    return [folder for folder in store.noted() if not (folder / RECORD).exists()]


@lru_cache(maxsize=10_000)
def _fingerprints(folder: Path, *, changed: int) -> tuple[str, ...]:
    """Read a record; `changed` is its time, so that it is read again when it was written again."""
    return referred_in(folder)
