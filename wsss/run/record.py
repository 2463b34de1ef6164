"""A run's own folder as others take it: `run.yaml` names the store and what the run's stages made there."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from wsss.config.build import build
from wsss.config.recorded import check_targets
from wsss.engine.stage import Job, Stage
from wsss.errors import StoreError, one_of
from wsss.run.names import RECORD
from wsss.run.plan import Step
from wsss.store.jobs import FrozenJob, read_job_of
from wsss.store.kinds import Kind
from wsss.store.schema import SHA256, Fingerprint, Plain, StageName, Strict, Text, refuse_newer
from wsss.store.store import Artifact, Store
from wsss.store.texts import LARGEST_YAML, read_bytes, read_yaml, write_yaml

FORMAT: Final = 1
"""Version of what is written here; a run of a newer version is refused."""
REMEDY: Final = "run it again"

AnyStage = TypeVar("AnyStage", bound=Stage)
AnyModel = TypeVar("AnyModel", bound=BaseModel)


class _RunFile(Strict):
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
class RunRecord:
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

    def last(self, kind: Kind, *, by: type[Stage] = Stage) -> str:
        """Return the name of the last stage that makes a kind of artifact, among those of a class.

        Raises `StoreError` where there is none.
        """
        for name in reversed(list(self.stages)):
            if self.makes.get(name) == kind.name and (by is Stage or isinstance(self.configured(name), by)):
                return name
        raise StoreError(f"{self.folder}: this run has no {by.__name__} that makes {kind.words}")

    def configured(self, name: str) -> Stage:
        """Build a stage from the run's config, whether or not it is finished."""
        pipeline = self.config.get("pipeline")
        node = pipeline.get(name) if isinstance(pipeline, dict) else None
        return self._built(node, Stage, name=name)  # type: ignore[type-abstract]

    def stage(self, name: str, kind: type[AnyStage]) -> AnyStage:
        """Build a finished stage from its frozen config."""
        return self._built(self._frozen(name).config, kind, name=name)

    def job(self, name: str) -> Job:
        """Return the job of a finished stage, as it was run: its artifact and what it read, by role.

        Raises `StoreError` where an input is not what this run made.
        """
        frozen = self._frozen(name)
        inputs = {}
        for role, (stage, fingerprint) in frozen.inputs.items():
            if self.stages.get(stage) != fingerprint:
                raise StoreError(
                    f"{self.folder}: {name} reads {stage} {fingerprint}, which is not of this run: {REMEDY}"
                )
            inputs[role] = self.artifact(stage)
        return Job(artifact=self.artifact(name), inputs=inputs, command=frozen.command)

    def _frozen(self, name: str) -> FrozenJob:
        return read_job_of(self.artifact(name))

    def _built(self, node: Any, kind: type[AnyStage], *, name: str) -> AnyStage:
        check_targets(node, path=self.folder / RECORD)
        return build(node, kind, key=f"pipeline.{name}")


def write_record(folder: Path, *, store: Store, steps: Collection[Step], config: Mapping[str, Any]) -> None:
    """Say what a run is made of, before it is made: from then on the store keeps it. What is finished gets its hash.

    Raises `StoreError` where the folder holds a run of a newer version.
    """
    _refuse_newer(folder / RECORD)
    folder.mkdir(parents=True, exist_ok=True)
    finished = [step.artifact for step in steps if step.artifact.state() == "cached"]
    record = {
        "format": FORMAT,
        "store": str(store.root),
        "stages": {step.name: step.artifact.fingerprint for step in steps},
        "makes": {step.name: step.stage.makes.name for step in steps},
        "manifests": {artifact.stage: manifest_hash(artifact) for artifact in finished},
        "config": dict(config),
    }
    write_yaml(folder / RECORD, record)
    store.remember(folder)


def manifest_hash(artifact: Artifact) -> str:
    """Return the hash of an artifact's manifest, which holds those of all its files."""
    return hashlib.sha256(read_bytes(artifact.manifest_path)).hexdigest()


def record_hash(folder: Path) -> str:
    """Return the hash of a run's record, for people to compare: it stands for every byte that the run made."""
    return hashlib.sha256(read_bytes(folder / RECORD, most=LARGEST_YAML, remedy=REMEDY)).hexdigest()


def read_record(folder: Path, *, store: Path | None = None) -> RunRecord:
    """Read the folder of a run; `store` says where its store lies today, should that have been moved.

    Raises `StoreError` for a folder that is not a run's, a torn record, one of a newer version, and a missing store.
    """
    folder = folder.expanduser().absolute()
    path = folder / RECORD
    if not path.exists():
        raise StoreError(f"{folder} is not a run: it has no {RECORD}. Take a folder such as outputs/toy/1")
    record = _read(path, _RunFile)
    place = Store(root=(store or Path(record.store)).expanduser().absolute())
    if not place.root.is_dir():
        raise StoreError(f"{path}: its store {place.root} is not there; where it was moved, pass --store")
    return RunRecord(
        folder=folder,
        store=place,
        stages=record.stages,
        makes=record.makes,
        manifests=record.manifests,
        config=record.config,
    )


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
        _refuse_newer(path)
        raise


def _refuse_newer(path: Path) -> None:
    refuse_newer(partial(read_yaml, path, remedy=REMEDY), path=path, known=FORMAT, another="`out`")
