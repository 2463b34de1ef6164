"""The outcome of a run: which of its scores are those of the raw maps, of the masks and of the trained network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wsss.labels import BACKGROUND_NAME, label_names
from wsss.store.kinds import MASKS, RAW_MAPS
from wsss.store.store import Artifact

Table = Mapping[str, Mapping[str, Any]]
"""Something by stage and split."""
NETWORK_ROLE: Final = "segmenter"
MASKS_ROLE: Final = "masks"


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """The scores of one stage on one split, as fractions; `counts` are pixels `[labels labels]`, truth down."""

    stage: str
    split: str
    scores: Mapping[str, Any]
    counts: NDArray[np.int64] | None = None

    @property
    def miou(self) -> float:
        """Mean IoU over the labels that occur, the background's included."""
        return float(self.scores["miou"])

    @property
    def classes(self) -> dict[str, float]:
        """IoU of every class that occurs."""
        scored = self.scores.get("iou", {})
        return {name: iou for name, iou in scored.items() if iou is not None and name != BACKGROUND_NAME}


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A `share` of the pixels that show a class was taken for another label."""

    name: str
    other: str
    share: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whatever was scored; None where it was not made, or has no true mask."""

    classes: tuple[str, ...]
    raw: Result | None = None
    """Raw maps at their best threshold, which is an oracle."""
    masks: Result | None = None
    """The masks that the network learnt from."""
    trained: Result | None = None
    """The network, on the images that it learnt from."""
    unseen: Result | None = None
    """The network, on other images."""
    map: float | None = None
    """Mean average precision of the classifier."""
    images: Mapping[str, int] = field(default_factory=dict)
    """Images to learn from, by class."""

    @property
    def last(self) -> Result | None:
        """The result that a run is judged by: the network on images that it did not see, or the next best."""
        return self.unseen or self.trained or self.masks

    def mistakes(self, result: Result, *, of: str) -> list[Mistake]:
        """Return for what the missed pixels of a class were taken, most pixels first."""
        names = label_names(self.classes)
        if result.counts is None or of not in names:
            return []
        counted = result.counts[names.index(of)]
        ranked = sorted(zip(counted.tolist(), names, strict=True), key=lambda pair: -pair[0])
        total = int(counted.sum())
        return [Mistake(name=of, other=name, share=count / total) for count, name in ranked if count and name != of]


def outcome_of(
    artifacts: Sequence[Artifact], *, scores: Table, counts: Table, classes: tuple[str, ...], images: Mapping[str, int]
) -> Outcome:
    """Find the results among the artifacts of a run, in the order of its pipeline."""
    predicted, masks = learnt_from(artifacts)
    raw = _maps_of(masks, artifacts)
    learnt = masks or raw or predicted
    seen = learnt.summary["splits"][:1] if learnt else []
    others = [split for split in (predicted.summary["splits"] if predicted else ()) if split not in seen]

    def first(artifact: Artifact | None, splits: Iterable[str]) -> Result | None:
        of_stage = scores.get(artifact.stage, {}) if artifact else {}
        for split in splits:
            if artifact and of_stage.get(split, {}).get("miou") is not None:
                counted = counts.get(artifact.stage, {}).get(split)
                matrix = None if counted is None else np.asarray(counted, dtype=np.int64)
                return Result(stage=artifact.stage, split=split, scores=of_stage[split], counts=matrix)
        return None

    maps = [found["map"] for splits in scores.values() for found in splits.values() if found.get("map") is not None]
    return Outcome(
        classes=classes,
        raw=first(raw, seen),
        masks=first(masks, seen),
        trained=first(predicted, seen),
        unseen=first(predicted, others),
        map=maps[-1] if maps else None,
        images=images,
    )


def _maps_of(masks: Artifact | None, artifacts: Sequence[Artifact]) -> Artifact | None:
    """Return the last raw maps that went into masks; the last ones where none did."""
    by_print = {artifact.fingerprint: artifact for artifact in artifacts}
    found, ahead = set[str](), [masks] if masks else []
    while ahead:
        inputs = set(ahead.pop().manifest().inputs.values()) & by_print.keys() - found
        found |= inputs
        ahead += [by_print[fingerprint] for fingerprint in inputs]
    every = [artifact for artifact in artifacts if artifact.kind == RAW_MAPS.name]
    return _last(artifact for artifact in every if artifact.fingerprint in found) or _last(every)


def learnt_from(artifacts: Sequence[Artifact]) -> tuple[Artifact | None, Artifact | None]:
    """Return the last masks that a network made, and those that it learnt from; the last ones where none learnt."""
    by_print = {artifact.fingerprint: artifact for artifact in artifacts}
    made = [artifact for artifact in artifacts if artifact.kind == MASKS.name]
    predicted = _last(artifact for artifact in made if NETWORK_ROLE in artifact.manifest().inputs)
    network = _input(predicted, NETWORK_ROLE, among=by_print)
    learnt = _input(network, MASKS_ROLE, among=by_print)
    return predicted, learnt or _last(each for each in made if each is not predicted)


def _input(artifact: Artifact | None, role: str, *, among: Mapping[str, Artifact]) -> Artifact | None:
    return among.get(artifact.manifest().inputs.get(role, "")) if artifact else None


def _last(artifacts: Iterable[Artifact]) -> Artifact | None:
    return next(iter(reversed(list(artifacts))), None)
