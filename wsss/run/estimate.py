"""Estimate a step's time and disk: the median of the finished artifacts most like it, scaled by the work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median
from typing import Any, Final

from wsss.engine.fit import Fit
from wsss.engine.map import Map
from wsss.engine.stage import Stage, read_index
from wsss.errors import StoreError
from wsss.run.plan import Step
from wsss.run.screen import Expectation
from wsss.store.digests import state_in
from wsss.store.jobs import read_job
from wsss.store.schema import Plain
from wsss.store.store import Artifact, Store

NEWEST: Final = 30
"""Artifacts that are looked at: older ones may be another machine's."""
MOST: Final = 10
"""Artifacts whose costs are taken."""
TARGET: Final = "_target_"

Leaves = Mapping[tuple[str, ...], Any]
"""The values of a config by the keys that lead to each."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What an artifact took, or may take, from its beginning to its end."""

    seconds: float
    size: float
    """Bytes on disk."""
    memory: int | None
    """Bytes that a process, or a GPU, held at most; None where nobody counted."""
    work: int | None
    """Images of a Map stage, images that a training looks at; None where that is not known, or means nothing."""


def expect(step: Step, *, store: Store) -> Expectation | None:
    """Return what a step may take, None where the store holds no finished artifact of its stage."""
    finished = [(each.manifest_path.stat(), each) for each in store.artifacts(step.name) if each.state() == "cached"]
    finished.sort(key=lambda found: found[0].st_mtime)
    newest = [made for stat, each in finished[-NEWEST:] if (made := _made(each, tuple(state_in(stat)))) is not None]
    # The seconds of one that was interrupted are those of its last part.
    newest = [each for each in newest if each.at_once] or newest
    if not newest:
        return None
    asked = dict(_leaves(step.config))
    unlike = [_unlikeness(each.config, asked) for each in newest]
    least = min(unlike)
    alike = [each for each, own in zip(newest, unlike, strict=True) if own == least][-MOST:]
    work = work_of(step)
    costs = [_scaled(each.cost, work=work, stage=step.stage) for each in alike]
    seconds, size = median(cost.seconds for cost in costs), median(cost.size for cost in costs)
    peaks = [cost.memory for cost in costs if cost.memory is not None]
    memory = round(median(peaks)) if peaks else None
    return Expectation(seconds=seconds, size=size, like=len(costs), memory=memory, same_kind=least[0] == 0)


def work_of(step: Step) -> int | None:
    """Return how much there is to do, None where the index is still to be made or the stage is neither Map nor Fit."""
    made = step.inputs.get("index")
    if made is None or made.state() != "cached":
        return None
    match step.stage:
        case Map():
            return len(read_index(made).union(step.stage.splits))
        case Fit():
            fit = step.stage.fit
            images = len(read_index(made).split(step.stage.train_split))
            return fit.steps_of(images) * fit.batch_size
        case _:
            return None


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What is known of a finished artifact."""

    cost: Cost
    config: Leaves | None
    """Of its job; None where that was torn since, and nobody knows."""
    at_once: bool
    """Whether it was made without an interruption."""


@lru_cache(maxsize=4096)
def _made(artifact: Artifact, state: tuple[int, ...]) -> _Made | None:
    """Return what is known of a finished artifact, None where its manifest cannot be read.

    It is read once by a process, as long as the `state` of its manifest is the same.
    """
    del state
    try:
        manifest = artifact.manifest()
    except StoreError:
        return None
    config: Leaves | None
    try:
        config = dict(_leaves(read_job(artifact.job).config))
    except StoreError:
        config = None
    summary, here = manifest.summary, manifest.machine
    memory = None if here is None else here.gpu_peak or here.peak
    images = summary.get("images")
    work = images if isinstance(images, int) else None
    cost = Cost(seconds=manifest.seconds, size=manifest.bytes, memory=memory, work=work)
    at_once = "made" not in summary or bool(summary["made"] == summary["images"])
    return _Made(cost=cost, config=config, at_once=at_once)


def _scaled(cost: Cost, *, work: int | None, stage: Stage) -> Cost:
    if not work or not cost.work:
        return cost
    factor = work / cost.work
    # Weights are as large after one epoch as after ten.
    return replace(cost, seconds=cost.seconds * factor, size=cost.size * (factor if isinstance(stage, Map) else 1))


def _unlikeness(config: Leaves | None, asked: Leaves) -> tuple[int, int]:
    """Return in how many kinds of parts (a method, a network), and then options, an artifact was made otherwise."""
    if config is None:
        return 0, len(asked)
    differ = [path for path in config.keys() | asked.keys() if config.get(path) != asked.get(path)]
    kinds = sum(path[-1] == TARGET and path in config and path in asked for path in differ)
    return kinds, len(differ) - kinds


def _leaves(config: Plain, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Plain]]:
    """Yield every value of a config that is not a mapping, with the keys that lead to it."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value
