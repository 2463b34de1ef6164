"""Read the scores, options and images of each run that is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.sparse import csr_array

from wsss.data.index import Index
from wsss.engine.stage import read_index
from wsss.errors import StoreError
from wsss.labels import label_count
from wsss.run.record import RunRecord, read_record
from wsss.run.scores import Scores
from wsss.stages.evaluate import Evaluate
from wsss.store.image_confusions import confusions_key, read_image_confusions
from wsss.store.kinds import INDEX, TABLE
from wsss.store.schema import ImageTable, ScoreTable
from wsss.store.store import Artifact


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A finished run under the name that the tables give it."""

    name: str
    record: RunRecord
    scores: Scores
    images: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    """Every image's own IoU, by stage and split."""
    curves: Scores
    """mIoU at every background threshold, by stage and split."""

    def artifact(self, stage: str) -> Artifact:
        """Return what a stage made."""
        return self.record.artifact(stage)

    def image_confusions(self, stage: str, split: str) -> csr_array:
        """Read the confusions of the images of `images`, in their order; raises `StoreError` where they are torn."""
        evaluation = self.artifact(self.record.last(TABLE, by=Evaluate))
        labels = label_count(self.index().classes)
        images = len(self.images[stage][split])
        return read_image_confusions(evaluation, confusions_key(stage, split), images=images, labels=labels)

    def index(self) -> Index:
        """Read the index of the data set."""
        return read_index(self.artifact(self.record.last(INDEX)))


def read_runs(folders: Sequence[Path]) -> tuple[Compared, ...]:
    """Read two runs or more, each once; raises `StoreError` where one is not a run, or was not evaluated to its end."""
    if len(folders) < 2:
        raise StoreError("compare at least two runs: wsss compare outputs/toy/1 outputs/toy/2")
    return read_each(folders)


def read_each(folders: Sequence[Path]) -> tuple[Compared, ...]:
    """Read one run or more, each once; raises what `read_runs` raises, but for a single one."""
    places = [folder.expanduser().resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise StoreError(f"{folder} is named twice: name each run once")
    records = [read_record(folder) for folder in folders]
    return tuple(_read(record, name=name) for record, name in zip(records, short_names(records), strict=True))


def short_names(records: Sequence[RunRecord]) -> list[str]:
    """Return the last two parts of every folder, such as toy/1, or the whole paths where these are not distinct."""
    names = ["/".join(record.folder.parts[-2:]) for record in records]
    return names if len(set(names)) == len(names) else [str(record.folder) for record in records]


def flat(node: Any, *, key: str = "") -> dict[str, Any]:
    """Return the leaves of a config by their dotted keys; a list is a leaf."""
    if isinstance(node, Mapping) and node:
        return {
            dotted: leaf
            for name, child in node.items()
            for dotted, leaf in flat(child, key=f"{key}.{name}" if key else str(name)).items()
        }
    return {key: node}


def _read(record: RunRecord, *, name: str) -> Compared:
    evaluation = record.artifact(record.last(TABLE, by=Evaluate))
    return Compared(
        name=name,
        record=record,
        scores=evaluation.table("items/scores.json", ScoreTable),
        images=evaluation.table("items/images.json", ImageTable),
        curves=evaluation.table("items/curves.json", ScoreTable),
    )
