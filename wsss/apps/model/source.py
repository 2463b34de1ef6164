"""Networks as they are asked: what a stage and its job were in a run, read from its store or from a model file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, final, runtime_checkable

from wsss.apps.model.answering import answering_artifact, extraction
from wsss.apps.model.reading import ModelFile, unfolded, unpacked
from wsss.apps.model.record import RECORD
from wsss.engine.stage import Job
from wsss.run.record import RunRecord, read_record
from wsss.stages.extract_cams import ExtractCams
from wsss.stages.predict_masks import PredictMasks
from wsss.store.kinds import MASKS
from wsss.store.store import Artifact


@final
@dataclass(frozen=True, kw_only=True)
class Predicts:
    """What predicts masks."""

    stage: PredictMasks
    job: Job
    classes: tuple[str, ...]
    white: int
    long_side: int | None


@final
@dataclass(frozen=True, kw_only=True)
class Explains:
    """What maps are read from."""

    stage: ExtractCams
    job: Job
    answering: Artifact
    """The network that says what an image shows."""
    white: int


@runtime_checkable
class Source(Protocol):
    """A run or a model file; each method raises `StoreError` where it has no such part."""

    def predicting(self) -> Predicts:
        """Return what predicts masks."""
        ...

    def explaining(self) -> Explains:
        """Return what maps are read from."""
        ...


@final
@dataclass(frozen=True, kw_only=True)
class FromRun:
    """A finished run and its store."""

    record: RunRecord

    def predicting(self) -> Predicts:
        """See `Source`."""
        name = self.record.last(MASKS, by=PredictMasks)
        stage, job = self.record.stage(name, PredictMasks), self.record.job(name)
        index = job.index()
        return Predicts(stage=stage, job=job, classes=index.classes, white=index.white, long_side=index.long_side)

    def explaining(self) -> Explains:
        """See `Source`."""
        name = extraction(self.record)
        stage, job = self.record.stage(name, ExtractCams), self.record.job(name)
        return Explains(
            stage=stage, job=job, answering=answering_artifact(self.record, job=job), white=job.index().white
        )


@final
@dataclass(frozen=True, kw_only=True)
class FromFile:
    """An unpacked model file."""

    file: ModelFile

    def predicting(self) -> Predicts:
        """See `Source`."""
        stage, job = self.file.stage("predict", PredictMasks)
        record = self.file.record
        return Predicts(stage=stage, job=job, classes=record.classes, white=record.white, long_side=record.long_side)

    def explaining(self) -> Explains:
        """See `Source`."""
        stage, job = self.file.stage("explain", ExtractCams)
        return Explains(stage=stage, job=job, answering=self.file.answering(), white=self.file.record.white)


@contextmanager
def opened(model: str | Path | RunRecord, *, store: str | Path | None = None) -> Iterator[Source]:
    """Open a run's folder, what `read_record` returned for it, or a model file, for as long as networks are loaded.

    A model file may also lie open, as a folder that `wsss export --to folder` wrote. Raises `StoreError` for anything
    else, and for a model file that is damaged.
    """
    if isinstance(model, RunRecord):
        yield FromRun(record=model)
    elif (path := Path(model).expanduser()).is_file():
        with unpacked(path) as file:
            yield FromFile(file=file)
    elif (path / RECORD).is_file():
        yield FromFile(file=unfolded(path))
    else:
        yield FromRun(record=read_record(path, store=Path(store) if store else None))
