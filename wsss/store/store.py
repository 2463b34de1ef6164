"""The store: `runs/<stage>/<fingerprint>/` holds one stage's result, and a manifest that is written last."""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from filelock import FileLock

from wsss.errors import StoreError
from wsss.store.fingerprint import LENGTH
from wsss.store.texts import read_json, write_json, write_text
from wsss.store.versions import versions

FORMAT: Final = 1
"""Version of the layout described here; a store of a newer version is refused."""

JOB: Final = "stage.yaml"
ROOT: Final = "root.txt"
"""Where the data set of an index lies today."""
LOGS: Final = "logs"
"""The folder in an artifact where loggers write: no part of the result."""

FOLDER: Final = re.compile(f"[0-9a-f]{{{LENGTH}}}")
"""Names of artifacts' folders."""

OWN: Final = re.compile(r"log(\.\d+)?\.txt|root\.txt|stage\.yaml")
"""Files of an artifact that are not part of the result: the logs of all processes, and what is kept up to date."""

State = Literal["cached", "resume", "run"]


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One stage's folder. Complete when it has a manifest."""

    stage: str
    fingerprint: str
    path: Path

    @property
    def items(self) -> Path:
        """Where the items lie: one small file an image, or a few files of a table."""
        return self.path / "items"

    @property
    def checkpoints(self) -> Path:
        """Where a training keeps its checkpoints."""
        return self.path / "checkpoints"

    @property
    def job(self) -> Path:
        """The frozen config of the stage, which is all that a worker gets."""
        return self.path / JOB

    @property
    def manifest_path(self) -> Path:
        """The manifest: the artifact is complete when this file is there."""
        return self.path / "manifest.json"

    def state(self) -> State:
        """Tell whether the artifact is complete, begun or absent."""
        if self.manifest_path.exists():
            return "cached"
        return "resume" if self.job.exists() else "run"

    def manifest(self) -> dict[str, Any]:
        """Read the manifest; raises `StoreError` where it is missing, torn or of a newer version."""
        manifest: dict[str, Any] = read_json(self.manifest_path)
        if manifest.get("format", FORMAT + 1) > FORMAT:
            raise StoreError(f"{self.path} was written by a newer wsss: update wsss, or use another `store`")
        return manifest

    @property
    def kind(self) -> str:
        """The name of the kind of what a complete artifact holds; see `wsss.store.kinds`."""
        return str(self.manifest()["kind"])

    @property
    def summary(self) -> dict[str, Any]:
        """What the stage said of itself when the artifact was complete."""
        summary: dict[str, Any] = self.manifest()["summary"]
        return summary

    @property
    def lock_path(self) -> Path:
        """The file that is locked: not in the artifact's folder, which may be deleted while somebody waits for it."""
        return self.path.parents[1] / ".locks" / f"{self.stage}.{self.fingerprint}"

    def lock(self) -> FileLock:
        """Return the lock that whoever makes or deletes this artifact holds; the kernel frees a dead process's."""
        self.lock_path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.lock_path)

    def sweep(self) -> None:
        """Remove what killed writers left unfinished; call it with the lock held, before anybody writes."""
        for path in self.path.rglob(".*"):
            if path.is_file():
                path.unlink()

    def discard(self) -> None:
        """Delete what an unfinished artifact holds, but for its job and its logs; call it with the lock held."""
        for path in self.files():
            path.unlink()

    def files(self) -> list[Path]:
        """Return the files that are the result, sorted: those that a manifest lists."""
        found = (path for path in self.path.rglob("*") if path.is_file() and path != self.manifest_path)
        return sorted(path for path in found if not _transient(path, self.path))

    def complete(
        self,
        *,
        kind: str,
        inputs: Mapping[str, str],
        seconds: float,
        threads: int,
        summary: Mapping[str, Any],
        oracle: bool = False,
    ) -> None:
        """Write the manifest: hashes of all items, what went in, what it took, and what the stage says of itself.

        `kind` is a name of `wsss.store.kinds`; an `oracle` came about with true masks. `threads` are those of one
        process, on which the last bits depend, as they do on versions of packages.
        """
        files = self.files()
        manifest = {
            "format": FORMAT,
            "stage": self.stage,
            "fingerprint": self.fingerprint,
            "kind": kind,
            "oracle": oracle,
            "inputs": dict(inputs),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(seconds, 2),
            "versions": dict(versions()),
            "threads": threads,
            "bytes": sum(path.stat().st_size for path in files),
            "summary": dict(summary),
            "files": {path.relative_to(self.path).as_posix(): sha256(path) for path in files},
        }
        write_json(self.manifest_path, manifest)


@dataclass(frozen=True, kw_only=True)
class Store:
    """All artifacts, of all runs. Artifacts are found by stage and fingerprint, so the folder may be moved."""

    root: Path

    @classmethod
    def at(cls, path: str | Path) -> "Store":
        """Return the store in a folder, which need not exist yet; `~` is the home folder."""
        return cls(root=Path(path).expanduser().absolute())

    def remember(self, run: Path) -> None:
        """Note that a run's folder refers to this store, so that what it is made of is kept."""
        name = hashlib.sha256(str(run.absolute()).encode()).hexdigest()[:32]
        self.runs.mkdir(parents=True, exist_ok=True)
        write_text(self.runs / name, str(run.absolute()))

    def remembered(self) -> list[Path]:
        """Return the folders of the runs that refer to this store and are still there, sorted."""
        return [folder for folder in self.noted() if folder.is_dir()]

    def noted(self) -> list[Path]:
        """Return the folders of all runs that ever referred to this store, sorted, whether or not they are there."""
        notes = self.runs.iterdir() if self.runs.is_dir() else ()
        return sorted({Path(note.read_text(encoding="utf-8")) for note in notes if not note.name.startswith(".")})

    @property
    def runs(self) -> Path:
        """Where the folders of runs are noted, one small file each."""
        return self.root / ".runs"

    def artifact(self, stage: str, fingerprint: str) -> Artifact:
        """Return the artifact of a stage and fingerprint, whether or not it exists yet."""
        return Artifact(stage=stage, fingerprint=fingerprint, path=self.root / stage / fingerprint)

    def artifacts(self, stage: str = "*") -> list[Artifact]:
        """Return what was begun or finished, of one stage or of all, sorted; other folders are left out."""
        folders = (path for path in self.root.glob(f"{stage}/*") if FOLDER.fullmatch(path.name))
        found = (self.artifact(path.parent.name, path.name) for path in sorted(folders))
        return [artifact for artifact in found if artifact.state() != "run"]

    @property
    def finished(self) -> Path:
        """Where finished runs are noted, see `wsss.run.known`."""
        return self.root / ".finished"

    @property
    def checked(self) -> Path:
        """Where stages that passed their checks are remembered, see `wsss.run.checked`."""
        return self.root / "checked.json"

    @property
    def digests(self) -> Path:
        """Where hashes of the users' files are remembered."""
        return self.root / "digests.json"


def _transient(path: Path, root: Path) -> bool:
    """Whether a file is not part of the result: hidden, a log, or kept up to date after the manifest."""
    parts = path.relative_to(root).parts
    own = parts[0] == LOGS or OWN.fullmatch(parts[-1]) is not None
    return own or any(part.startswith(".") for part in parts)


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes, as manifests hold it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
