"""`run.yaml` as a file: what it holds, what it refers to, and whether a store still holds what it names.

Whoever lists a store reads many of these: nothing here imports the stages, whose stack takes seconds.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from wsss.errors import StoreError, one_of
from wsss.run.names import RECORD
from wsss.store.read_once import ReadOnce
from wsss.store.schema import SHA256, Fingerprint, Plain, StageName, Strict, Text, refuse_newer
from wsss.store.store import Artifact, Store
from wsss.store.texts import LARGEST_YAML, read_bytes, read_yaml

FORMAT: Final = 1
"""Version of what is written here; a run of a newer version is refused."""
REMEDY: Final = "run it again"

AnyModel = TypeVar("AnyModel", bound=BaseModel)
AnyRun = TypeVar("AnyRun", bound="RunFile")


class _Written(Strict):
    """What `run.yaml` holds."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    store: Text
    stages: dict[StageName, Fingerprint]
    makes: dict[StageName, Text]
    manifests: dict[StageName, SHA256]
    config: Plain


class _Referring(BaseModel):
    """What runs of all versions hold."""

    model_config = ConfigDict(extra="ignore", strict=True)

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    stages: dict[StageName, Fingerprint]


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """What a run is made of: the fingerprint of every stage, in a store. It may not be finished."""

    folder: Path
    store: Store
    stages: Mapping[str, str]
    """Fingerprints by name, in the order in which the stages ran."""
    makes: Mapping[str, str]
    """Names of the kinds of artifacts that the stages make; see `wsss.store.kinds`."""
    manifests: Mapping[str, str]
    """Hashes of the manifests of what is finished: whoever knows them knows every byte that the run made."""
    config: Mapping[str, Any]

    @classmethod
    def read(cls: type[AnyRun], folder: Path, *, store: Path | None = None) -> AnyRun:
        """Read the folder of a run; `store` says where its store lies today, should that have been moved.

        Raises `StoreError` for a folder that is not a run's, a torn record, one of a newer version, and where the
        store is missing.
        """
        folder = folder.expanduser().absolute()
        path = folder / RECORD
        if not path.exists():
            raise StoreError(f"{folder} is not a run: it has no {RECORD}. Take a folder such as outputs/toy/1")
        record = _records.get(path)
        place = Store(root=(store or Path(record.store)).expanduser().absolute())
        if not place.root.is_dir():
            raise StoreError(f"{path}: its store {place.root} is not there; where it was moved, pass --store")
        return cls(
            folder=folder,
            store=place,
            stages=record.stages,
            makes=record.makes,
            manifests=record.manifests,
            config=record.config,
        )

    def artifact(self, name: str) -> Artifact:
        """Return what a stage made.

        Raises `StoreError` where the run has no such stage or did not finish it, and where its manifest is another.
        """
        if name not in self.stages:
            raise StoreError(f"{self.folder}: this run has no stage {name!r}; it has: {one_of(list(self.stages))}")
        artifact = self.store.artifact(name, self.stages[name])
        if artifact.state() != "cached" or name not in self.manifests:
            raise StoreError(f"{self.folder}: {name} is not finished in the store {self.store.root}: run it again")
        artifact.manifest()
        if not self.is_as_made(artifact):
            raise StoreError(
                f"{artifact.manifest_path} is not the one that {self.folder / RECORD} names: where you made it anew, "
                "run the same command again; otherwise somebody changed it, and the run is not to be trusted"
            )
        return artifact

    def is_as_made(self, artifact: Artifact) -> bool:
        """Tell whether an artifact's manifest is the one that this run made."""
        return manifest_hash(artifact) == self.manifests.get(artifact.stage)


def manifest_hash(artifact: Artifact) -> str:
    """Return the hash of an artifact's manifest, which holds those of all its files."""
    return hashlib.sha256(read_bytes(artifact.manifest_path)).hexdigest()


def record_hash(folder: Path) -> str:
    """Return the hash of a run's record, for people to compare: it stands for every byte that the run made."""
    return hashlib.sha256(read_bytes(folder / RECORD, most=LARGEST_YAML, remedy=REMEDY)).hexdigest()


def stages_in(folder: Path) -> Mapping[str, str] | None:
    """Return the fingerprints of a run's stages; None for no run, a torn record, and one of a newer version."""
    try:
        return _read(folder / RECORD, _Referring).stages
    except StoreError:
        return None


def referred_in(folder: Path) -> tuple[str, ...]:
    """Return the fingerprints that a run refers to, also one of an older version.

    Raises `StoreError` for a torn record and one of a newer version.
    """
    return tuple(_read(folder / RECORD, _Referring).stages.values())


def _read(path: Path, of: type[AnyModel]) -> AnyModel:
    """Read a record; raises `NewerError` for one of a newer version, and `StoreError` for one that is torn."""
    try:
        return read_yaml(path, of, remedy=REMEDY)
    except StoreError:
        refuse_newer_run(path)
        raise


_records: Final = ReadOnce(partial(_read, of=_Written), most=2**21)
"""Each takes milliseconds to parse."""


def refuse_newer_run(path: Path) -> None:
    """Raise `NewerError` where a record was written by a newer version."""
    refuse_newer(partial(read_yaml, path, remedy=REMEDY), path=path, known=FORMAT, another="`out`")
