"""The audit of a finished run's data, with what its classifier answered while it was trained and its maps' heights."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from wsss.apps.audit.audited import Audited, Dynamics, audit
from wsss.apps.audit.names import BACKBONE, WEIGHTS
from wsss.config.build import TARGET
from wsss.engine.fit import Fit
from wsss.run.record import RunRecord
from wsss.stages.index_data import IndexData
from wsss.stages.train_classifier import TrainMultiLabel
from wsss.store.kinds import INDEX, NETWORK, RAW_MAPS
from wsss.store.logits import read_logits

NETWORK_NODE: Final[Mapping[str, Any]] = {
    TARGET: "wsss.models.classifier.ClassifierOptions",
    "backbone": BACKBONE,
    "weights": WEIGHTS,
    "output_stride": 32,
}
"""The network that is asked: the run's own learnt from these tags."""


def audit_run(record: RunRecord, *, device: str = "auto", command: str = "wsss debug") -> tuple[Audited, Dynamics]:
    """Audit the data of a finished run, in the run's own store; raises `StoreError` where it has no data set."""
    dataset = record.config_of(record.last(INDEX, by=IndexData))["dataset"]
    runtime = {TARGET: "wsss.engine.stage.Runtime", "device": device}
    made = audit(dataset, NETWORK_NODE, store=record.store.root, runtime=runtime, command=command)
    return made, dynamics_of(record, made)


def dynamics_of(record: RunRecord, audited: Audited) -> Dynamics:
    """Return what a run's first classifier answered, and the heights of its maps, for the images of an audit.

    What a run did not keep is nan.
    """
    place = {each.id: number for number, each in enumerate(audited.embedded.records)}
    early, variability, heights = (np.full(audited.shown.shape, np.nan) for _ in range(3))
    name = next((each for each in record.stages if _trains(record, each)), None)
    if name is not None and (logits := read_logits(record.artifact(name))) is not None:
        stage, index = record.stage(name, Fit), record.job(name).index()  # type: ignore[type-abstract]
        for split, answers in ((stage.train_split, logits.train), (stage.val_split, logits.val)):
            rows = [place[i] for i in index.splits[split]]
            early[rows], variability[rows] = summarised(answers)
    _heights(record, place, into=heights)
    return Dynamics(early=early, variability=variability, heights=heights)


def summarised(logits: Any) -> tuple[Float[np.ndarray, "n c"], Float[np.ndarray, "n c"]]:
    """Return the mean probability over the first half of the epochs `[e n c]`, and its deviation over all of them.

    >>> early, spread = summarised(np.array([[[0.0]], [[np.nan]], [[100.0]]]))
    >>> early.tolist(), spread.tolist()
    ([[0.5]], [[0.25]])
    """
    # Half a hyperbolic tangent and a half: the logistic function without an exponent that overflows.
    p = (np.tanh(np.asarray(logits, dtype=np.float64) / 2) + 1) / 2
    known = ~np.isnan(p)
    half = (len(p) + 1) // 2
    early = _mean(p[:half], known[:half])
    mean = _mean(p, known)
    return early, np.sqrt(_mean((p - mean) ** 2, known))


def _mean(values: Any, known: Any) -> Any:
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _trains(record: RunRecord, name: str) -> bool:
    if record.makes.get(name) != NETWORK.name or name not in record.manifests:
        return False
    return isinstance(record.configured(name), TrainMultiLabel)


def _heights(record: RunRecord, place: Mapping[str, int], *, into: Float[np.ndarray, "n c"]) -> None:
    """Fill in each map's peak over the median of its class, of the first maps that a run made."""
    name = next(
        (each for each, kind in record.makes.items() if kind == RAW_MAPS.name and each in record.manifests), None
    )
    if name is None:
        return
    artifact, index = record.artifact(name), record.job(name).index()
    items = RAW_MAPS.items(artifact, index)
    for split in artifact.summary["splits"]:
        for each in index.split(split):
            maps = items.read(each)
            if maps.peaks is not None:
                into[place[each.id], list(maps.classes)] = maps.peaks.numpy()
    for c in range(into.shape[1]):
        own = into[:, c][~np.isnan(into[:, c])]
        median = float(np.median(own)) if len(own) else 0.0
        into[:, c] = into[:, c] / median if median > 0 else np.nan
