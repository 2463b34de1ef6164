"""A run's own folder as others take it: `run.yaml` names the store and what the run's stages made there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from wsss.config.build import build
from wsss.config.recorded import check_targets
from wsss.engine.stage import Job, Stage
from wsss.errors import StoreError, one_of
from wsss.run.names import RECORD
from wsss.run.plan import Step
from wsss.run.run_file import FORMAT, REMEDY, RunFile, manifest_hash, refuse_newer_run
from wsss.store.digests import state_of
from wsss.store.jobs import FrozenJob, read_job_of
from wsss.store.kinds import Kind
from wsss.store.store import Store
from wsss.store.texts import write_yaml

AnyStage = TypeVar("AnyStage", bound=Stage)
_written: dict[Path, list[int]] = {}
"""States of the records that this process wrote: while a state is the same, the record need not be read again."""


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunFile):
    """A run's file with the stages that it names."""

    def last(self, kind: Kind, *, by: type[Stage] = Stage) -> str:
        """Return the name of the last stage that makes a kind of artifact, among those of a class.

        Raises `StoreError` where there is none.
        """
        for name in reversed(list(self.stages)):
            if self.makes.get(name) == kind.name and (by is Stage or isinstance(self.configured(name), by)):
                return name
        stage = "stage" if by is Stage else by.__name__
        remedy = (
            f"it has: {one_of(list(self.stages))}; name a run of a whole pipeline, such as that of experiment=folder"
        )
        raise StoreError(f"{self.folder}: this run has no {stage} that makes {kind.words}; {remedy}")

    def configured(self, name: str) -> Stage:
        """Build a stage from the run's config, whether or not it is finished."""
        pipeline = self.config.get("pipeline")
        node = pipeline.get(name) if isinstance(pipeline, dict) else None
        return self._built(node, Stage, name=name)  # type: ignore[type-abstract]

    def stage(self, name: str, kind: type[AnyStage]) -> AnyStage:
        """Build a finished stage from its frozen config."""
        return self._built(self._frozen(name).config, kind, name=name)

    def config_of(self, name: str) -> Mapping[str, Any]:
        """Return the frozen config of a finished stage, to build parts of; it names nothing that may not be imported.

        Raises `StoreError` where it does.
        """
        config = self._frozen(name).config
        check_targets(config, path=self.artifact(name).job)
        return config

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
    path = (folder / RECORD).absolute()
    if not (path.exists() and _written.get(path) == state_of(path)):
        refuse_newer_run(path)
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
    write_yaml(path, record)
    _written[path] = state_of(path)
    store.remember(folder)


def read_record(folder: Path, *, store: Path | None = None) -> RunRecord:
    """Read the folder of a run, see `RunFile.read`."""
    return RunRecord.read(folder, store=store)
