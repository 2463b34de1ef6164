"""Images to annotate next: those of which the run is least sure, unlike each other, and one of every class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float, Int64, UInt8
from scipy import ndimage
from scipy.stats import spearmanr

from wsss.apps.debug.network import DebugNetwork
from wsss.apps.debug.result import Result
from wsss.apps.debug.subject import ON_OBJECT, Subject
from wsss.apps.debug.survey import Survey
from wsss.boxes import BoxRule
from wsss.data.index import Record
from wsss.draw.findings import Part
from wsss.draw.panels import ImagePanel, MaskPanel, MissingPanel, Panel
from wsss.draw.sheet import Sheet, SheetRow
from wsss.draw.tables import Cell, Table
from wsss.engine.progress import bar
from wsss.errors import StoreError, plural
from wsss.labels import BACKGROUND, IGNORE, label_count
from wsss.masks import strongest_class
from wsss.metrics.choice import choose, mean_ranks
from wsss.metrics.confusion import confusion, image_miou
from wsss.refine.auto import CHOSEN, chosen_threshold
from wsss.stages.predict_masks import MaskPredictor, PredictMasks
from wsss.store.kinds import CHOICE, MASKS, RAW_MAPS
from wsss.store.schema import ImageTable

KIND: Final = "annotate"
COUNT: Final = 20
ROWS: Final = 20
HALF: Final = 0.5
"""Scale of the second view whose map is held against the first."""
BAND: Final = (0.7, 1.3)
"""Ends of the band around a threshold that was not chosen with one, as shares of it."""
USUAL: Final = 0.3
"""Threshold where the run chose none."""
WORTH_DRAWING: Final = BoxRule(merge=1)
"""Takes components for objects, without specks."""

COLUMNS: Final = {
    "entropy": "entropy of the network's answer on the foreground",
    "disagreement": "1 - IoU of the network's mask and the one it learnt from",
    "band": "share of pixels near the background's threshold",
    "scales": "1 - IoU of the maps at two scales",
}
"""Signs of uncertainty, u1 to u4, and what they are."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Signs:
    """Signs of uncertainty of n images, a column each; nan where the run has nothing to tell it by."""

    places: Int64[np.ndarray, " n"]
    values: Float[np.ndarray, "n 4"]

    @property
    def uncertain(self) -> Float[np.ndarray, " n"]:
        """The mean rank over the columns, 1 for the least sure image."""
        return mean_ranks(self.values)


def annotate(subject: Subject, looked: Survey, *, split: str, count: int = COUNT) -> Result:
    """Choose images of a split to draw masks of."""
    signs = signs_of(subject, looked, split=split)
    uncertain, records = signs.uncertain, [looked.records[place] for place in signs.places.tolist()]
    chosen = choose(
        uncertain, looked.embeddings[signs.places], classes=[record.classes for record in records], count=count
    )
    rest = [k for k in np.argsort(-uncertain, kind="stable").tolist() if k not in set(chosen)]
    rows = [
        _cells(subject, records[k], split=split, order=place + 1 if place < len(chosen) else None, signs=signs, k=k)
        for place, k in enumerate([*chosen, *rest])
    ]
    columns = ("image", "classes", "choice", "uncertainty", *COLUMNS, "objects")
    known = [words for column, words in enumerate(COLUMNS.values()) if not np.isnan(signs.values[:, column]).all()]
    return Result(
        part=Part(
            kind=KIND,
            title="To annotate next",
            sentence=f"{plural(len(chosen), 'image')} of {split} to draw masks of: the least sure by "
            f"{'; '.join(known)}; unlike each other, and of every class."
            f"{_judged(subject, records, uncertain, split=split)}",
            tables=(Table(title="Images", columns=columns, rows=tuple(rows)),),
            sheets=(_sheet(subject, [records[k] for k in chosen[:ROWS]], split=split),),
        )
    )


def signs_of(subject: Subject, looked: Survey, *, split: str) -> Signs:
    """Gather every sign of uncertainty that the run leaves, image by image."""
    places = looked.of([split])
    agreed = _agreements(subject, split=split)
    predictor, band = _predictor(subject), _band(subject, split=split)
    rows = []
    with bar(KIND, total=len(places), unit="images") as advance:
        for place in places.tolist():
            record = looked.records[place]
            image = subject.index.pixels(record)
            agreement = agreed.get(record.id)
            rows.append(
                (
                    float("nan") if predictor is None else entropy(predictor, image),
                    float("nan") if agreement is None else 1 - agreement,
                    float("nan") if band is None else band(record),
                    scale_disagreement(subject.network, image, record=record),
                )
            )
            advance()
    return Signs(places=places, values=np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS)))


def entropy(predictor: MaskPredictor, image: UInt8[np.ndarray, "h w 3"]) -> float:
    """Return the entropy of the network's labels in nats, the mean over pixels by their probability of foreground."""
    (maps,) = predictor.maps([image])
    p = maps.scores.double().clamp(min=1e-12)
    own = -(p * p.log()).sum(dim=0)
    foreground = 1 - p[0]
    total = float(foreground.sum())
    return float((own * foreground).sum()) / total if total > 0 else 0.0


def scale_disagreement(network: DebugNetwork, image: UInt8[np.ndarray, "h w 3"], *, record: Record) -> float:
    """Return 1 - IoU of where the maps of an image's classes say object, at the usual size and at half of it.

    The mean over its classes; nan where it has none.
    """
    small = DebugNetwork(
        classifier=network.classifier,
        maps=network.maps,
        cam=network.cam,
        normalisation=network.normalisation,
        device=network.device,
        side=max(32, int(HALF * min(network.side, max(image.shape[:2])))),
    )
    own = []
    for cls in record.classes:
        large, other = (each.heat(each.seen(image), cls) > ON_OBJECT for each in (network, small))
        resized = ndimage.zoom(
            other.numpy().astype(np.uint8), [a / b for a, b in zip(large.shape, other.shape, strict=True)], order=0
        )
        union = (large.numpy() | (resized > 0)).sum()
        own.append(1 - float((large.numpy() & (resized > 0)).sum() / union) if union else 0.0)
    return float(np.mean(own)) if own else float("nan")


def _agreements(subject: Subject, *, split: str) -> Mapping[str, float | None]:
    evaluation = subject.evaluation()
    table = {} if evaluation is None else evaluation.table("items/agreements.json", ImageTable)
    return next((splits[split] for splits in table.values() if split in splits), {})


def _predictor(subject: Subject) -> MaskPredictor | None:
    """Return the run's segmentation network, None where it has none."""
    if subject.record is None:
        return None
    try:
        name = subject.record.last(MASKS, by=PredictMasks)
        return subject.record.stage(name, PredictMasks).predictor(subject.record.job(name), subject.network.device)
    except StoreError:  # stopped before it
        return None


def _band(subject: Subject, *, split: str) -> Callable[[Record], float] | None:
    """Return what tells the share of an image's pixels near the threshold, None without maps of the split."""
    if subject.record is None:
        return None
    maps = subject.record.artifact(subject.record.last(RAW_MAPS))
    if split not in maps.summary["splits"]:
        return None
    items = RAW_MAPS.items(maps, subject.index)
    try:
        choice = subject.record.artifact(subject.record.last(CHOICE))
        choice.content(f"items/{CHOSEN}")
        low, high = (chosen_threshold(choice.items, take=end) for end in ("low", "high"))
    except StoreError:  # a threshold that was set
        low, high = (USUAL * end for end in BAND)

    def share(record: Record) -> float:
        scores = strongest_class(items.read(record))[1]
        return float(((scores >= low) & (scores < high)).mean())

    return share


def _judged(subject: Subject, records: list[Record], uncertain: Float[np.ndarray, " n"], *, split: str) -> str:
    """Say how well the ranking goes with the true error of the run's masks, where there are true masks."""
    errors, ranks = [], []
    for record, rank in zip(records, uncertain.tolist(), strict=True):
        truth, own = subject.truth(record), subject.own(record, split=split)
        if truth is not None and own is not None:
            iou = image_miou(confusion(truth, own, labels=label_count(subject.classes)))
            if iou is not None:
                errors.append(1 - iou)
                ranks.append(rank)
    if len(set(errors)) < 3 or len(set(ranks)) < 3:
        return ""
    found = float(spearmanr(ranks, errors).statistic)
    return f" Its rank correlation with the true errors of the run's masks, which feed nothing, is {found:.2f}."


def objects_in(mask: UInt8[np.ndarray, "h w"]) -> int:
    """Count the boxes around components of all labels: about how many outlines a person would draw.

    Specks of less than `BoxRule.least` of the image are none: a CRF leaves hundreds of them.

    >>> objects_in(np.array([[1, 1, 0, 1], [2, 2, 0, 0]], dtype=np.uint8))
    3
    """
    labels = [label for label in np.unique(mask).tolist() if label not in (BACKGROUND, IGNORE)]
    return sum(len(WORTH_DRAWING.around(mask == label)) for label in labels)


def _cells(
    subject: Subject, record: Record, *, split: str, order: int | None, signs: Signs, k: int
) -> tuple[Cell, ...]:
    own = subject.own(record, split=split)
    values = [None if np.isnan(value) else float(value) for value in signs.values[k]]
    names = ";".join(subject.classes[c] for c in record.classes)
    objects = None if own is None else objects_in(own)
    return (record.id, names, order, float(signs.uncertain[k]), *values, objects)


def _sheet(subject: Subject, records: list[Record], *, split: str) -> Sheet:
    rows = []
    for record in records:
        own = subject.own(record, split=split)
        words = "" if own is None else plural(objects_in(own), "object")
        mask: Panel = (
            MissingPanel(title="the run's mask", words="none")
            if own is None
            else MaskPanel(title="the run's mask", words=words, labels=own)
        )
        names = tuple(subject.classes[c] for c in record.classes)
        panels = (ImagePanel(title="image"), mask)
        rows.append(SheetRow(id=record.id, image=subject.index.pixels(record), classes=names, panels=panels))
    return Sheet(title="In the order of choice", rows=tuple(rows))
