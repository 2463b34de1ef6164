"""evaluate: every saved result against true masks, where there are any."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import scipy
from numpy.typing import NDArray

from wsss.data.index import Index, Record
from wsss.engine.agreement import network_masks
from wsss.engine.box_scores import TrueBoxes, box_scores
from wsss.engine.counting import SCORED, Counting, confusions_over, curve_over
from wsss.engine.mask_free import mask_free_scores
from wsss.engine.progress import Advance, bar
from wsss.engine.stage import Job, Reduce
from wsss.engine.with_masks import with_masks
from wsss.labels import label_names
from wsss.metrics.confusion import SegmentationScores
from wsss.store.image_confusions import FILE, confusions_key, write_image_confusions
from wsss.store.kinds import CHOICE, INDEX, NETWORK, RAW_MAPS, TABLE, Kind
from wsss.store.store import Artifact
from wsss.store.texts import write_json

Labels = NDArray[np.uint8]
AROUND_MASKS: Final = (
    "Boxes are scored against boxes around the components of the true masks (pipeline.evaluate.boxes=masks)."
)


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What evaluation finds: by stage and split, and by image for the contact sheets."""

    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    curves: dict[str, dict[str, Any]] = field(default_factory=dict)
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    confusions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Pixels of every true label, and of every label that they were given."""
    image_confusions: dict[str, "scipy.sparse.csr_array"] = field(default_factory=dict)
    """The same of every image, in the order of `images`, by stage and split."""
    agreements: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How well each image's network mask agrees with the mask that the network learnt from."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Evaluate(Reduce):
    """Score all raw maps (the whole threshold curve), maps and masks over the splits that they were made for.

    Where images have true boxes, raw maps are scored by MaxBoxAccV2 and all others by CorLoc as well.

    Raw maps are scored at the best threshold of their own split: an oracle, since it uses masks. It feeds nothing.
    Where a threshold was chosen for them without masks, its score stands beside. What needs no true mask is scored of
    all images, see `wsss.engine.mask_free`.
    """

    version: ClassVar[int] = 6
    makes: ClassVar[Kind] = TABLE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX}
    reads_graph: ClassVar[bool] = True

    boxes: TrueBoxes = "annotated"
    """Or `masks`: boxes around the components of the true masks, for data sets without boxes."""

    def run(self, job: Job) -> dict[str, Any]:
        """Write one JSON for each of the tables, and the confusions of all images as arrays."""
        job.artifact.items.mkdir(parents=True, exist_ok=True)
        tables, index = Tables(), job.index()
        score_trainings(job.inputs.values(), tables)
        sources = list(scorable(job.inputs.values(), index=index, notes=tables.notes))
        with bar(job.artifact.stage, total=sum(len(source.records) for source in sources), unit="images") as advance:
            for source in sources:
                score = score_raw_maps if source.artifact.kind == RAW_MAPS.name else score_labels
                score(source, tables=tables, advance=advance, processes=self.runtime.processes)
                if source.artifact.manifest().oracle:
                    tables.scores[source.artifact.stage][source.split]["oracle"] = True
        artifacts = list(job.inputs.values())
        boxed = box_scores(artifacts, index=index, boxes=self.boxes, processes=self.runtime.processes)
        if boxed and self.boxes == "masks":
            tables.notes.append(AROUND_MASKS)
        for stage, by_split in boxed.items():
            for split, found in by_split.items():
                tables.scores.setdefault(stage, {}).setdefault(split, {}).update(found)
        masks = network_masks(artifacts, index=index)
        tables.agreements.update(masks.agreements)
        for stage, split, metric, value in mask_free_scores(artifacts, index=index, masks=masks):
            tables.scores.setdefault(stage, {}).setdefault(split, {})[metric] = value
        for name in ("scores", "curves", "images", "confusions", "agreements", "notes"):
            write_json(job.artifact.items / f"{name}.json", getattr(tables, name))
        write_image_confusions(job.artifact.items / FILE, tables.image_confusions)
        return {"notes": tables.notes}


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is scored: one stage's items of the images of a split that have a true mask."""

    artifact: Artifact
    index: Index
    split: str
    records: tuple[Record, ...]
    chosen: float | None = None
    """The background threshold that was chosen without masks."""


def scorable(artifacts: Collection[Artifact], *, index: Index, notes: list[str]) -> Iterator[Source]:
    """Yield whatever can be scored, and note what cannot."""
    chosen = chosen_thresholds(artifacts)
    for artifact in artifacts:
        for split in artifact.summary["splits"] if artifact.kind in SCORED else ():
            if records := with_masks(index, split=split, stage=artifact.stage, notes=notes):
                threshold = chosen.get(artifact.fingerprint)
                yield Source(artifact=artifact, index=index, split=split, records=records, chosen=threshold)


def chosen_thresholds(artifacts: Iterable[Artifact]) -> dict[str, float]:
    """Return the thresholds that were chosen without masks, by the fingerprint of the maps that they are for."""
    choices = [artifact.manifest() for artifact in artifacts if artifact.kind == CHOICE.name]
    return {c.inputs["maps"]: c.summary["threshold"] for c in choices if "threshold" in c.summary}


def score_trainings(artifacts: Iterable[Artifact], tables: Tables) -> None:
    """Take over the mAP of each classifier's last epoch."""
    for artifact in artifacts:
        if artifact.kind == NETWORK.name and (value := artifact.summary.get("metrics", {}).get("val/map")) is not None:
            tables.scores[artifact.stage] = {"val": {"map": value}}


def score_raw_maps(source: Source, *, tables: Tables, advance: Advance, processes: int) -> None:
    """Score every background threshold at once and report the best one, with the curve."""
    counting = Counting.of(source.artifact, source.index)
    curve = curve_over(counting, source.records, processes=processes, advance=advance)
    every, best = curve.scores(), curve.best()
    stage = source.artifact.stage
    table = every[best].to_dict(label_names(source.index.classes))
    table |= {"threshold": curve.thresholds[best], "oracle": True}
    if source.chosen is not None:
        at = int(np.abs(np.asarray(curve.thresholds) - source.chosen).argmin())
        table |= {"chosen_threshold": curve.thresholds[at], "chosen_miou": every[at].miou}
    tables.scores.setdefault(stage, {})[source.split] = table
    known = [None if np.isnan(scores.miou) else scores.miou for scores in every]
    points = {"thresholds": curve.thresholds, "miou": known}
    tables.curves.setdefault(stage, {})[source.split] = points


def score_labels(source: Source, *, tables: Tables, advance: Advance, processes: int) -> None:
    """Score masks, and note every image's own IoU and confusions for contact sheets and comparisons."""
    counting = Counting.of(source.artifact, source.index)
    rows, own = confusions_over(counting, source.records, processes=processes, advance=advance)
    total = rows.sum(axis=0).reshape(counting.labels, counting.labels)
    stage = source.artifact.stage
    scores = SegmentationScores.of(total).to_dict(label_names(source.index.classes))
    tables.scores.setdefault(stage, {})[source.split] = scores
    tables.images.setdefault(stage, {})[source.split] = own
    tables.confusions.setdefault(stage, {})[source.split] = total.tolist()
    tables.image_confusions[confusions_key(stage, source.split)] = rows
