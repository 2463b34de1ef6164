"""Verify finished artifacts against their manifests, and repair a damaged one in part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import Timeout

from wsss.store.garbage import is_torn
from wsss.store.store import Artifact, sha256

Harm = Literal["damaged", "missing", "stray"]


@dataclass(frozen=True, kw_only=True)
class Damage:
    """A file that is not as the manifest says; `stray` is one that no manifest speaks of, and does no harm."""

    artifact: Artifact
    path: Path
    harm: Harm


def check(artifact: Artifact, *, checked: Callable[[], object] = lambda: None) -> list[Damage]:
    """Hash every file of a finished artifact and return what differs; calls `checked` after every file.

    Raises `StoreError` for a manifest of a newer version.
    """
    if is_torn(artifact):
        return [Damage(artifact=artifact, path=artifact.manifest_path, harm="damaged")]
    listed: dict[str, str] = artifact.manifest()["files"]
    harms: list[tuple[Path, Harm]] = []
    for name, digest in listed.items():
        path = artifact.path / name
        if not path.is_file():
            harms.append((path, "missing"))
        elif sha256(path) != digest:
            harms.append((path, "damaged"))
        checked()
    if not artifact.job.is_file():
        harms.append((artifact.job, "missing"))
    known = {artifact.path / name for name in listed}
    harms += [(path, "stray") for path in artifact.files() if path not in known]
    return [Damage(artifact=artifact, path=path, harm=harm) for path, harm in harms]


def repair(artifact: Artifact, findings: Sequence[Damage]) -> bool:
    """Delete an artifact's manifest and damaged files, so that the next run makes these again, and return True.

    Without its manifest nothing can be checked: where that is damaged, all files are deleted. Strays stay. False, and
    nothing is done, while somebody makes the artifact.
    """
    damaged = {finding.path for finding in findings if finding.harm == "damaged"}
    try:
        with artifact.lock().acquire(timeout=0):
            if artifact.manifest_path in damaged:
                damaged.update(artifact.files())
            # First, so that a repair that is cut short leaves nothing that looks finished.
            artifact.manifest_path.unlink(missing_ok=True)
            for path in damaged:
                path.unlink(missing_ok=True)
            return True
    except Timeout:
        return False
