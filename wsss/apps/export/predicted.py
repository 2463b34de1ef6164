"""Masks of many images by a finished run: those that it stored, or new ones of listed images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from jaxtyping import UInt8

from wsss.apps.predict.predictor import Predictor, nearest
from wsss.data.images import find_images, read_image
from wsss.data.index import Index, Record
from wsss.errors import DataError, one_of
from wsss.run.record import RunRecord, read_record
from wsss.stages.predict_masks import PredictMasks
from wsss.store.items import Items
from wsss.store.kinds import MASKS
from wsss.validation import reason

NAMED: Final = 5


@final
@dataclass(frozen=True, kw_only=True)
class Predicted:
    """The mask of an image, at the image's own size."""

    id: str
    file: str
    """The image's path, as its data set or its list names it."""
    labels: UInt8[np.ndarray, "h w"]


@final
@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Masks of images, made or read one by one."""

    classes: tuple[str, ...]
    fingerprint: str
    ids: tuple[str, ...]
    each: Iterator[Predicted]


def stored_predictions(run: Path, split: str, *, store: Path | None = None) -> Predictions:
    """Read what the run's segmentation network predicted for a split.

    Raises `StoreError` where nothing was predicted, and `DataError` for a split that was not.
    """
    record: RunRecord = read_record(run, store=store)
    name = record.last(MASKS, by=PredictMasks)
    job = record.job(name)
    index = job.index()
    done: list[str] = job.artifact.summary["splits"]
    if split not in done:
        raise DataError(
            f"--split {split}: {name} predicted {one_of(done)}; name one of them, or images with --images and --list"
        )
    items = MASKS.items(job.artifact, index)
    records = index.union((split,))
    return Predictions(
        classes=index.classes,
        fingerprint=job.artifact.fingerprint,
        ids=tuple(record.id for record in records),
        each=(_stored(items, index, record) for record in records),
    )


def _stored(items: Items, index: Index, record: Record) -> Predicted:
    labels: Any = items.read(record)
    if index.long_side is not None:
        height, width = read_image(index.image_path(record), white=index.white).shape[:2]
        labels = labels[nearest(height, labels.shape[0])[:, None], nearest(width, labels.shape[1])]
    return Predicted(id=record.id, file=record.image, labels=labels)


def predicted_on(
    model: Path, folder: Path, *, listed: Path | None, store: Path | None = None, device: Any = "auto"
) -> Predictions:
    """Predict the images of a folder, or those of them whose names are listed, one a line, without suffix.

    Raises `DataError` for a folder without images, and for names in the list that no image has.
    """
    files = {str(Path(path).with_suffix("")): path for path in find_images(folder)}
    if not files:
        raise DataError(f"--images {folder} holds no image: name the folder that holds them")
    ids = tuple(files) if listed is None else _listed(listed)
    if missing := [i for i in ids if i not in files]:
        raise DataError(
            f"--list {listed}: {folder} holds no image of {one_of(missing, limit=NAMED)} "
            f"({len(missing)} of {len(ids)}): name the folder of these images"
        )
    predictor = Predictor.of(model, store=store, device=device)

    def predict() -> Iterator[Predicted]:
        for i in ids:
            image = read_image(folder / files[i], white=predictor.white)
            yield Predicted(id=i, file=files[i], labels=predictor(image).labels)

    return Predictions(classes=predictor.classes, fingerprint=predictor.fingerprint, ids=ids, each=predict())


def _listed(path: Path) -> tuple[str, ...]:
    """Return the names of a list such as VOC's `test.txt`."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"--list {path} cannot be read ({reason(error)}): name a text file with one image a line"
        ) from error
    ids = tuple(dict.fromkeys(line.split()[0] for line in lines if line.strip()))
    if not ids:
        raise DataError(f"--list {path} names no image: write one name a line, without suffix")
    return ids
