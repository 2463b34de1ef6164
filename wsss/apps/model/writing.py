"""Write a model file: the networks of a finished run, with what it takes to ask them, and nothing of its images."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wsss.apps.model.answering import answering_artifact, extraction
from wsss.apps.model.card import card
from wsss.apps.model.record import CARD, FORMAT, NETWORKS, RECORD, AskedStage, FileEntry, ModelRecord
from wsss.errors import ModelError, StoreError
from wsss.run.record import RunRecord, read_record
from wsss.run.scores import scores_among
from wsss.stages.predict_masks import PredictMasks
from wsss.store.feature_statistics import FILE as FEATURES
from wsss.store.jobs import read_job_of
from wsss.store.kinds import MASKS, RAW_MAPS
from wsss.store.networks import RECORD as NETWORK, holds_network, read_record as read_network
from wsss.store.results import PLACES
from wsss.store.store import ITEMS, Artifact
from wsss.store.texts import read_bytes, whole
from wsss.version import __version__

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive: the same run gives the same bytes."""
INDEX_ROLE: Final = "index"
"""The role that is left out: it names the images."""
BESIDE: Final = ("reads", "runtime", "splits")
"""Fields of a stage that have no part in what it answers."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    asked: AskedStage
    artifacts: tuple[Artifact, ...]


def write_model(run: Path | RunRecord, path: Path, *, store: Path | None = None) -> ModelRecord:
    """Write the networks of a finished run into one file, and return what its `model.json` says.

    `run`, `store` and errors are those of `model_files`.
    """
    model, files = model_files(run, store=store)
    _pack(path, files)
    return model


def model_files(run: Path | RunRecord, *, store: Path | None = None) -> tuple[ModelRecord, dict[str, bytes]]:
    """Return what the `model.json` of a finished run says, and all files of its model by their names.

    Args:
        run: The run's folder, or its record.
        store: Where the run's store lies, if it was moved.

    Raises:
        StoreError: The run has neither a segmentation network nor maps, or is not finished.
        ModelError: A refiner of the run reads more than networks.
    """
    record = run if isinstance(run, RunRecord) else read_record(run, store=store)
    predict, explain, answering = _predict(record), None, None
    if RAW_MAPS.name in record.makes.values():
        name = extraction(record)
        explain, answering = _part(record, name), answering_artifact(record, job=record.job(name))
    parts = [part for part in (predict, explain) if part is not None]
    if not parts:
        raise StoreError(f"{record.folder}: this run has no network that predicts masks or explains what images show")
    index = record.job(parts[0].asked.stage).index()
    artifacts = [each for part in parts for each in part.artifacts] + ([] if answering is None else [answering])
    files = {name: data for artifact in artifacts for name, data in _files(artifact).items()}
    scores = scores_among(record.artifact(name) for name in record.manifests)
    files[CARD] = card(index.classes, scores=scores, options=_options(artifacts)).encode()
    model = ModelRecord(
        format=FORMAT,
        wsss=__version__,
        classes=index.classes,
        white=index.white,
        long_side=index.long_side,
        predict=None if predict is None else predict.asked,
        explain=None if explain is None else explain.asked,
        answering=None if answering is None else (answering.stage, answering.fingerprint),
        files={
            name: FileEntry(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)) for name, data in files.items()
        },
    )
    return model, {RECORD: model.model_dump_json(indent=2).encode(), **files}


def _predict(record: RunRecord) -> _Part | None:
    masks = [name for name, kind in record.makes.items() if kind == MASKS.name]
    if not any(isinstance(record.configured(name), PredictMasks) for name in masks):
        return None
    return _part(record, record.last(MASKS, by=PredictMasks))


def _part(record: RunRecord, name: str) -> _Part:
    job = record.job(name)
    inputs = {role: artifact for role, artifact in job.inputs.items() if role != INDEX_ROLE}
    _check(inputs, stage=name)
    config = read_job_of(job.artifact).config
    asked = AskedStage(
        stage=name,
        fingerprint=job.artifact.fingerprint,
        config={key: value for key, value in config.items() if key not in BESIDE},
        networks={role: (artifact.stage, artifact.fingerprint) for role, artifact in inputs.items()},
    )
    return _Part(asked=asked, artifacts=tuple(inputs.values()))


def _check(inputs: Mapping[str, Artifact], *, stage: str) -> None:
    for role, artifact in inputs.items():
        if not holds_network(artifact):
            raise ModelError(
                f"{stage} reads {artifact.stage} as {role}, which is not a network: a model file cannot hold it"
            )


def _files(artifact: Artifact) -> dict[str, bytes]:
    """Return what it takes to load a network, by the names in the archive; every byte is as it was made."""
    home = f"{NETWORKS}/{artifact.stage}/{artifact.fingerprint}"
    weights = [name for names in read_network(artifact).weights.values() for name in names]
    names = [f"{ITEMS}/{name}" for name in (NETWORK, *dict.fromkeys(weights), FEATURES)]
    items = [name for name in names if name in artifact.manifest().files]
    beside = [path for path in (artifact.manifest_path, artifact.path / PLACES) if path.is_file()]
    files = {path.name: read_bytes(path) for path in beside} | {name: artifact.content(name) for name in items}
    return {f"{home}/{name}": data for name, data in files.items()}


def _options(artifacts: Sequence[Artifact]) -> dict[str, Any]:
    return {artifact.stage: read_network(artifact).options for artifact in artifacts}


def _pack(path: Path, files: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as hidden, zipfile.ZipFile(hidden, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=EPOCH), data)
