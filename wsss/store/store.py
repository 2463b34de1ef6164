"""The store: `runs/<stage>/<fingerprint>/` holds one stage's result, and a manifest that is written last."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from filelock import FileLock

from wsss.errors import StoreError
from wsss.paths import entries_below, first_link, inside, is_regular, made_folder, remove, sha256
from wsss.store.fingerprint import LENGTH
from wsss.store.hashed import Entry, found_below, hashes
from wsss.store.manifest import FORMAT, Machine, Manifest, read_manifest
from wsss.store.pointers import forget_below, object_size
from wsss.store.results import MANIFEST, is_result
from wsss.store.run_notes import read_notes, write_note
from wsss.store.texts import from_json, read_bytes, write_json
from wsss.store.versions import versions

JOB: Final = "stage.yaml"
FOLDER: Final = re.compile(f"[0-9a-f]{{{LENGTH}}}")
"""Names of artifacts' folders."""

ITEMS: Final = "items"

State = Literal["cached", "resume", "run"]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One stage's folder. Complete when it has a manifest."""

    stage: str
    fingerprint: str
    path: Path

    @property
    def items(self) -> Path:
        """Where the items lie: one small file an image, or a few files of a table."""
        return self.path / ITEMS

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
        return self.path / MANIFEST

    @property
    def root(self) -> Path:
        """The folder of the store."""
        return self.path.parents[1]

    def state(self) -> State:
        """Tell whether the artifact is complete, begun or absent."""
        if os.path.lexists(self.manifest_path):
            return "cached"
        return "resume" if self.job.exists() else "run"

    def manifest(self) -> Manifest:
        """Read the manifest; raises `StoreError` where it is missing, torn, another artifact's, or newer."""
        manifest = read_manifest(inside(self.root, f"{self.stage}/{self.fingerprint}/{MANIFEST}"))
        if (manifest.stage, manifest.fingerprint) != (self.stage, self.fingerprint):
            where = f"{manifest.stage} {manifest.fingerprint}"
            raise StoreError(f"{self.manifest_path} is that of {where}: delete it, and run again")
        return manifest

    def file(self, name: str) -> Path:
        """Return where a file of the artifact lies; raises `OutsideError` for a name that leads out of its folder."""
        return inside(self.root, f"{self.stage}/{self.fingerprint}/{name}")

    def content(self, name: str) -> bytes:
        """Return the bytes of a file of a complete artifact, of its result or its job, as it was made.

        Raises `StoreError` where that is missing, or is not what the manifest says.
        """
        manifest = self.manifest()
        expected = manifest.job if name == JOB else manifest.files.get(name)
        data = read_bytes(self.file(name), remedy=self.remedy)
        if hashlib.sha256(data).hexdigest() != expected:
            raise StoreError(f"{self.path / name} is not as it was made: {self.remedy}")
        return data

    def table(self, name: str, of: Callable[..., T]) -> T:
        """Return what a JSON file of the result holds, as a type; raises `StoreError` as `content` does."""
        return from_json(self.content(name), of, path=self.path / name, remedy=self.remedy)

    @property
    def remedy(self) -> str:
        """What helps where a file of the result is damaged."""
        return f"`wsss store verify --repair --store {self.root}`, then run again"

    @property
    def kind(self) -> str:
        """The name of the kind of what a complete artifact holds; see `wsss.store.kinds`."""
        return self.manifest().kind

    @property
    def summary(self) -> dict[str, Any]:
        """What the stage said of itself when the artifact was complete."""
        return self.manifest().summary

    @property
    def lock_path(self) -> Path:
        """The file that is locked: not in the artifact's folder, which may be deleted while somebody waits for it."""
        return self.root / ".locks" / f"{self.stage}.{self.fingerprint}"

    def lock(self) -> FileLock:
        """Return the lock that whoever makes or deletes this artifact holds; the kernel frees a dead process's.

        Raises `StoreError` where something else lies in its place, such as a link, whose target would be emptied.
        """
        path = inside(self.root, f".locks/{self.lock_path.name}")
        made_folder(path.parent)
        if os.path.lexists(path) and not is_regular(path):
            raise StoreError(f"{path} is not a file that wsss locks: delete it")
        return FileLock(path)

    def sweep(self) -> None:
        """Remove what killed writers left unfinished; call it with the lock held, before anybody writes."""
        for path in entries_below(self.path):
            if path.name.startswith("."):
                path.unlink()

    def discard(self) -> None:
        """Delete what an unfinished artifact holds, but for its job and its logs; call it with the lock held."""
        forget_below(self.items)
        for path in (self.items, *self.files()):
            remove(path)

    def files(self) -> list[Path]:
        """Return the files that are the result, sorted: those that a manifest lists. Links are none."""
        return [self.path / name for name in self._results()]

    def _results(self) -> dict[str, Entry]:
        """Return the same by their names in the folder."""
        found = ((name, entry) for name, entry in found_below(self.path) if is_result(name))
        files = {name: entry for name, entry in found if entry.is_file(follow_symlinks=False)}
        return {name: files[name] for name in sorted(files, key=lambda name: name.split("/"))}

    def complete(
        self,
        *,
        kind: str,
        inputs: Mapping[str, str],
        seconds: float,
        threads: int,
        summary: Mapping[str, Any],
        oracle: bool = False,
        machine: Machine | None = None,
    ) -> None:
        """Write the manifest: hashes of all items, what went in, what it took, and what the stage says of itself.

        `kind` is a name of `wsss.store.kinds`; an `oracle` came about with true masks. `threads` are those of one
        process, on which the last bits depend, as they do on versions of packages.
        """
        files = self._results()
        entries = list(files.values())
        manifest = Manifest(
            format=FORMAT,
            stage=self.stage,
            fingerprint=self.fingerprint,
            kind=kind,
            oracle=oracle,
            inputs=dict(inputs),
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            seconds=round(seconds, 2),
            versions=dict(versions()),
            threads=threads,
            machine=machine,
            bytes=sum(entry.stat().st_size + object_size(Path(entry.path)) for entry in entries),
            summary=dict(summary),
            job=sha256(self.job),
            files=dict(zip(files, hashes(entries), strict=True)),
        )
        write_json(self.manifest_path, manifest.model_dump())


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
        write_note(self.runs, run.absolute())

    def remembered(self) -> list[Path]:
        """Return the folders of the runs that refer to this store and are still there; raises as `noted` does."""
        return [folder for folder in self.noted() if folder.is_dir()]

    def noted(self) -> list[Path]:
        """Return the folders of all runs that ever referred to this store, sorted, whether or not they are there.

        Raises `StoreError` for a note that was not written by `remember`: what that run refers to is not known.
        """
        folders, strange = read_notes(self.runs)
        if strange:
            raise StoreError(f"{strange[0]} is not the note of a run: delete it, and name its run with --keep")
        return folders

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
        return [each for each in found if each.state() != "run" and first_link(self.root, each.path) is None]

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
        return self.root / "digests.bin"
