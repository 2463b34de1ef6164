"""Verify finished artifacts against their manifests, and repair a damaged one in part."""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import Timeout

from wsss.errors import NewerError, StoreError
from wsss.paths import first_link, remove
from wsss.store.hashed import found_below, hash_of, hashes
from wsss.store.manifest import Manifest
from wsss.store.pointers import POINTER, forget, is_pointer, is_unchanged
from wsss.store.results import is_result
from wsss.store.store import JOB, Artifact
from wsss.validation import reason

Harm = Literal["damaged", "missing", "stray"]


@dataclass(frozen=True, kw_only=True)
class Damage:
    """A file that is not as the manifest says; `stray` is one that no manifest speaks of, and does no harm.

    Of folders in folders that lie too deep to be looked at, the first that holds nothing else is the stray.
    """

    artifact: Artifact
    path: Path
    harm: Harm


def check(artifact: Artifact, *, checked: Callable[[], object] = lambda: None) -> list[Damage]:
    """Hash every file of a finished artifact and return what differs; calls `checked` after every file.

    Objects in a bucket are compared by size and ETag. Raises `NewerError` for a manifest of a newer version,
    `StoreError` where the bucket does not answer.
    """
    try:
        manifest = artifact.manifest()
    except NewerError:
        raise
    except StoreError:
        return [Damage(artifact=artifact, path=artifact.manifest_path, harm="damaged")]
    return [Damage(artifact=artifact, path=path, harm=harm) for path, harm in _harms(artifact, manifest, checked)]


def _harms(artifact: Artifact, manifest: Manifest, checked: Callable[[], object]) -> Iterator[tuple[Path, Harm]]:
    listed = {**manifest.files, JOB: manifest.job}
    buried: list[Path] = []
    found = dict(found_below(artifact.path, too_deep=buried.append))
    regular = {name: found[name] for name in listed if name in found and found[name].is_file(follow_symlinks=False)}
    for name, digest in zip(regular, hashes(list(regular.values())), strict=True):
        if digest != listed[name] or (name.endswith(POINTER) and _is_of_another_object(artifact.path / name)):
            yield artifact.path / name, "damaged"
        if name != JOB:  # which is not counted among the results
            checked()
    apart = set(listed)
    for name in (each for each in listed if each not in regular):
        path = artifact.path / name
        link = first_link(artifact.path, path)
        if link is not None and (linked := link.relative_to(artifact.path).as_posix()) not in apart - {name}:
            apart.add(linked)
            yield link, "damaged"
        elif link is None:
            yield path, "damaged" if os.path.lexists(path) else "missing"
    yield from ((artifact.path / name, "stray") for name in sorted(found) if name not in apart and is_result(name))
    yield from ((top, "stray") for top in dict.fromkeys(_top(path, artifact.path, listed) for path in buried))


def _is_of_another_object(path: Path) -> bool:
    return is_pointer(path) and not is_unchanged(path)


def _top(path: Path, folder: Path, listed: Collection[str]) -> Path:
    """Return the first folder on the way down to a path that holds no listed file: what can be deleted as a whole."""
    parts = path.relative_to(folder).parts
    ways = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return folder / next(way for way in ways if not any(name.startswith(f"{way}/") for name in listed))


def refuse_harmed(artifact: Artifact) -> None:
    """Raise `StoreError` where a file of a finished artifact is damaged or missing; strays do no harm."""
    harms = [finding for finding in check(artifact) if finding.harm != "stray"]
    if harms:
        first, more = harms[0], f" (and {len(harms) - 1} more)" if len(harms) > 1 else ""
        raise StoreError(f"{first.path} is {first.harm}{more}, and is needed now: {artifact.remedy}")


def refuse_changed(artifact: Artifact, file: Path) -> None:
    """Raise `StoreError` where a file of a finished artifact's result is not as it was made.

    What this process has hashed is not read again.
    """
    name = file.relative_to(artifact.path).as_posix()
    path = artifact.file(name)
    try:
        found = hash_of(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({reason(error)}): {artifact.remedy}") from error
    if found != artifact.manifest().files.get(name):
        raise StoreError(f"{path} is not as it was made: {artifact.remedy}")


def repair(artifact: Artifact, findings: Sequence[Damage]) -> bool:
    """Delete an artifact's manifest and damaged files, so that the next run makes these again, and return True.

    Without its manifest nothing can be checked: where that is damaged, all files are deleted. Strays stay, and of a
    link what it leads to. False, and nothing is done, while somebody makes the artifact.
    """
    damaged = {finding.path for finding in findings if finding.harm == "damaged"}
    try:
        with artifact.lock().acquire(timeout=0):
            if artifact.manifest_path in damaged:
                damaged.update(artifact.files())
            # First, so that a repair that is cut short leaves nothing that looks finished.
            for path in (artifact.manifest_path, *damaged):
                if is_pointer(path):
                    forget(path)
                remove(path)
            return True
    except Timeout:
        return False
