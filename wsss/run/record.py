"""A run's own folder as others take it: `run.yaml` names the store and what the run's stages made there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from wsss.config.build import build
from wsss.engine.stage import Job, Stage
from wsss.errors import StoreError, one_of
from wsss.run.names import RECORD
from wsss.run.plan import Step
from wsss.store.kinds import Kind
from wsss.store.store import Artifact, Store
from wsss.store.texts import write_text

FORMAT: Final = 1
"""Version of what is written here; a run of a newer version is refused."""

AnyStage = TypeVar("AnyStage", bound=Stage)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What a run is made of: the fingerprint of every stage, in a store. It may not be finished."""

    folder: Path
    store: Store
    stages: Mapping[str, str]
    """Fingerprints by name, in the order in which the stages ran."""
    makes: Mapping[str, str]
    """Names of the kinds of artifacts that the stages make; see `wsss.store.kinds`."""
    config: Mapping[str, Any]

    def artifact(self, name: str) -> Artifact:
        """Return what a stage made; raises `StoreError` where the run has no such stage or did not finish it."""
        if name not in self.stages:
            raise StoreError(f"{self.folder}: this run has no stage {name!r}; it has: {one_of(list(self.stages))}")
        artifact = self.store.artifact(name, self.stages[name])
        if artifact.state() != "cached":
            raise StoreError(f"{self.folder}: {name} is not finished in the store {self.store.root}: run it again")
        artifact.manifest()
        return artifact

    def last(self, kind: Kind, *, by: type[Stage] = Stage) -> str:
        """Return the name of the last stage that makes a kind of artifact, among those of a class.

        Raises `StoreError` where there is none.
        """
        for name in reversed(list(self.stages)):
            if self.makes[name] == kind.name and (by is Stage or isinstance(self.configured(name), by)):
                return name
        raise StoreError(f"{self.folder}: this run has no {by.__name__} that makes {kind.words}")

    def configured(self, name: str) -> Stage:
        """Build a stage from the run's config, whether or not it is finished."""
        return build(self.config["pipeline"][name], Stage, key=f"pipeline.{name}")  # type: ignore[type-abstract]

    def stage(self, name: str, kind: type[AnyStage]) -> AnyStage:
        """Build a finished stage from its frozen config."""
        frozen = _read(self.artifact(name).job)
        return build(frozen["config"], kind, key=f"pipeline.{name}")

    def job(self, name: str) -> Job:
        """Return the job of a finished stage, as it was run: its artifact and what it read, by role."""
        artifact = self.artifact(name)
        frozen = _read(artifact.job)
        inputs = {role: self.store.artifact(*where) for role, where in frozen["inputs"].items()}
        return Job(artifact=artifact, inputs=inputs, command=frozen["command"])


def write_record(folder: Path, *, store: Store, steps: tuple[Step, ...], config: Mapping[str, Any]) -> None:
    """Say what a run is made of, before it is made: from then on the store keeps it.

    Raises `StoreError` where the folder holds a run of a newer version.
    """
    if _format(folder / RECORD) > FORMAT:
        raise StoreError(f"{folder / RECORD} was written by a newer wsss: update wsss, or use another `out`")
    folder.mkdir(parents=True, exist_ok=True)
    stages = {step.name: step.artifact.fingerprint for step in steps}
    makes = {step.name: step.stage.makes.name for step in steps}
    record = {"format": FORMAT, "store": str(store.root), "stages": stages, "makes": makes, "config": dict(config)}
    write_text(folder / RECORD, yaml.safe_dump(record, sort_keys=False, allow_unicode=True))
    store.remember(folder)


def read_record(folder: Path, *, store: Path | None = None) -> RunRecord:
    """Read the folder of a run; `store` says where its store lies today, should that have been moved.

    Raises `StoreError` for a folder that is not a run's, a torn record, one of a newer version, and a missing store.
    """
    folder = folder.expanduser().absolute()
    path = folder / RECORD
    if not path.is_file():
        raise StoreError(f"{folder} is not a run: it has no {RECORD}. Take a folder such as outputs/toy/1")
    record = _read_known(path)
    try:
        place = Store(root=(store or Path(record["store"])).expanduser().absolute())
        found = RunRecord(
            folder=folder, store=place, stages=record["stages"], makes=record["makes"], config=record["config"]
        )
    except KeyError as error:
        raise StoreError(f"{path} has no {error}: an older wsss wrote it; run it again") from error
    if not place.root.is_dir():
        raise StoreError(f"{path}: its store {place.root} is not there; where it was moved, pass --store")
    return found


def stages_in(folder: Path) -> Mapping[str, str] | None:
    """Return the fingerprints of a run's stages; None for no run, a torn record, and one of a newer version."""
    if not 0 < _format(folder / RECORD) <= FORMAT:
        return None
    stages: Mapping[str, str] | None = _read(folder / RECORD).get("stages")
    return stages


def referred_in(folder: Path) -> tuple[str, ...]:
    """Return the fingerprints that a run refers to, also one of an older version.

    Raises `StoreError` for a torn record and one of a newer version.
    """
    stages = _read_known(folder / RECORD).get("stages")
    if not isinstance(stages, dict):
        raise StoreError(f"{folder / RECORD} has no 'stages': run it again")
    return tuple(stages.values())


def _read_known(path: Path) -> dict[str, Any]:
    """Read a record; raises `StoreError` for one of a newer version."""
    record = _read(path)
    if record.get("format", 0) > FORMAT:
        raise StoreError(f"{path} was written by a newer wsss: update wsss")
    return record


def _format(path: Path) -> int:
    """Return the version of a record, 0 where there is none that can be read."""
    try:
        return int(_read(path).get("format", 0))
    except (StoreError, TypeError, ValueError):
        return 0


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise StoreError(f"{path} cannot be read ({error}): run it again") from error
    if not isinstance(content, dict):
        raise StoreError(f"{path} is torn: run it again")
    return content
