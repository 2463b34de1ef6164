"""List the artifacts of a store, tell which are in use, and delete the rest while runs go on beside it."""

import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from filelock import Timeout

from wsss.errors import NewerError, StoreError
from wsss.paths import entries_below, remove
from wsss.store.jobs import FrozenJob, read_job
from wsss.store.pointers import forget_below
from wsss.store.store import JOB, Artifact, Store

HIDDEN: Final = re.compile(r"\..+\.[0-9a-f]{8}", re.DOTALL)
"""Names of what `texts.whole` has not finished."""
STALE: Final = 3600
"""Seconds since the last byte after which a hidden file that nobody is making is a killed writer's."""

StoredState = Literal["finished", "torn", "newer", "begun", "being made"]


@dataclass(frozen=True, kw_only=True)
class StoredArtifact:
    """An artifact as it lies in a store."""

    artifact: Artifact
    state: StoredState
    """`torn`: its manifest cannot be read; `newer`: a newer wsss wrote it; `begun`: left by a run that ended early."""
    files: int
    """Files of the result; everything in the folder where there is no manifest yet."""
    size: int
    """Their bytes."""
    written: float
    """When it was finished, or last begun, in seconds since 1970."""
    reads: frozenset[str]
    """Fingerprints of the artifacts that it was made of."""


def entries(store: Store) -> list[StoredArtifact]:
    """Return everything that was begun or finished, sorted; raises `StoreError` where there is no store."""
    if not store.root.is_dir():
        raise StoreError(f"{store.root} is not there: pass the folder of a store, such as --store runs")
    return [_entry(artifact) for artifact in store.artifacts()]


def in_use(found: Iterable[StoredArtifact], roots: Collection[str]) -> set[str]:
    """Return the fingerprints of `roots`, of what those read, and of what must not be touched: newer, or being made."""
    by_print = {entry.artifact.fingerprint: entry for entry in found}
    todo = [*roots, *(name for name, entry in by_print.items() if entry.state in ("being made", "newer"))]
    used: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in used:
            used.add(name)
            todo.extend(by_print[name].reads if name in by_print else ())
    return used


@dataclass(frozen=True, kw_only=True)
class Waste:
    """What can be deleted: artifacts that nobody uses, and hidden files that killed writers left elsewhere."""

    unused: tuple[StoredArtifact, ...]
    left: tuple[Path, ...]


def waste(store: Store, *, roots: Collection[str]) -> Waste:
    """Return what neither the artifacts `roots` nor anything that is being made needs."""
    found = entries(store)
    used = in_use(found, roots)
    unused = tuple(entry for entry in found if entry.artifact.fingerprint not in used)
    apart = {entry.artifact.path for entry in found if entry in unused or entry.state == "being made"}
    return Waste(unused=unused, left=tuple(leftovers(store, outside=apart)))


def delete(entry: StoredArtifact, *, roots: Callable[[], Collection[str]]) -> bool:
    """Delete an unused artifact and return True, unless somebody makes it by now, or it is among the `roots`.

    Those are asked for under the artifact's lock. A run notes what it refers to before it looks, under that lock,
    whether an artifact is there: it is either noted by then, or finds the artifact gone and makes it anew.
    """
    artifact = entry.artifact
    try:
        with artifact.lock().acquire(timeout=0):
            if artifact.fingerprint in roots():
                return False
            # First, so that a deletion that is cut short leaves something begun, and nothing damaged.
            remove(artifact.manifest_path)
            forget_below(artifact.path)
            for path in artifact.path.iterdir():
                if path.is_dir() and not path.is_symlink():
                    remove(path)
            remove(artifact.path)
            return True
    except Timeout:
        return False


def leftovers(store: Store, *, outside: Collection[Path] = ()) -> list[Path]:
    """Return the hidden files that killed writers left, sorted, but those in the folders `outside`."""
    before = time.time() - STALE
    hidden = (path for path, stat in _walk(store.root) if HIDDEN.fullmatch(path.name) and stat.st_mtime < before)
    return sorted(path for path in hidden if not set(outside) & set(path.parents))


def is_finished(artifact: Artifact) -> bool:
    """Tell whether an artifact has a manifest that can be read."""
    try:
        artifact.manifest()
    except StoreError:
        return False
    return True


def frozen_job(artifact: Artifact) -> FrozenJob | None:
    """Return the job that an artifact was made from, None where it cannot be read."""
    try:
        return read_job(artifact.file(JOB))
    except StoreError:
        return None


def _entry(artifact: Artifact) -> StoredArtifact:
    if artifact.state() != "cached":
        return _unfinished(artifact, "being made" if _is_locked(artifact) else "begun")
    try:
        manifest = artifact.manifest()
    except NewerError:
        return _unfinished(artifact, "newer")
    except StoreError:
        return _unfinished(artifact, "torn")
    return StoredArtifact(
        artifact=artifact,
        state="finished",
        files=len(manifest.files),
        size=manifest.bytes,
        written=artifact.manifest_path.stat().st_mtime,
        reads=frozenset(manifest.inputs.values()),
    )


def _unfinished(artifact: Artifact, state: StoredState) -> StoredArtifact:
    stats = [stat for _, stat in _walk(artifact.path)]
    job = frozen_job(artifact)
    return StoredArtifact(
        artifact=artifact,
        state=state,
        files=len(stats),
        size=sum(stat.st_size for stat in stats),
        written=max((stat.st_mtime for stat in stats), default=0.0),
        reads=frozenset(fingerprint for _, fingerprint in job.inputs.values()) if job else frozenset(),
    )


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield every file below a folder; what a run beside this takes away meanwhile is left out."""
    for path in entries_below(folder):
        with suppress(FileNotFoundError):
            yield path, path.lstat()


def _is_locked(artifact: Artifact) -> bool:
    if not artifact.lock_path.exists():
        return False
    try:
        with artifact.lock().acquire(timeout=0):
            return False
    except Timeout:
        return True
    except (PermissionError, StoreError):  # somebody else's store, which may only be looked at, or a lock that is none
        return False
