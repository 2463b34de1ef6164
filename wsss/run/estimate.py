"""Estimate a step's time and disk: the median of the finished artifacts most like it, scaled by the work."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from wsss.engine.fit import Fit
from wsss.engine.map import Map
from wsss.engine.stage import Stage, read_index
from wsss.errors import StoreError
from wsss.run.plan import Step
from wsss.run.screen import Expectation
from wsss.store.garbage import is_finished
from wsss.store.jobs import read_job
from wsss.store.schema import Plain
from wsss.store.store import Artifact, Store

NEWEST: Final = 30
"""Artifacts that are looked at: older ones may be another machine's."""
MOST: Final = 10
"""Artifacts whose costs are taken."""
TARGET: Final = "_target_"


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
    finished = [each for each in store.artifacts(step.name) if each.state() == "cached"]
    finished.sort(key=lambda artifact: artifact.manifest_path.stat().st_mtime)
    newest = [each for each in finished[-NEWEST:] if is_finished(each)]
    # The seconds of one that was interrupted are those of its last part.
    newest = [each for each in newest if _at_once(each)] or newest
    if not newest:
        return None
    unlike = {each: _unlikeness(each, step) for each in newest}
    least = min(unlike.values())
    alike = [each for each in newest if unlike[each] == least][-MOST:]
    work = work_of(step)
    costs = [_scaled(cost_of(each, step.stage), work=work, stage=step.stage) for each in alike]
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


def cost_of(artifact: Artifact, stage: Stage) -> Cost:
    """Return what a finished artifact of a stage took."""
    manifest = artifact.manifest()
    work = manifest.summary.get("images") if isinstance(stage, Map | Fit) else None
    here = manifest.machine
    memory = None if here is None else here.gpu_peak or here.peak
    return Cost(seconds=manifest.seconds, size=manifest.bytes, memory=memory, work=work)


def _scaled(cost: Cost, *, work: int | None, stage: Stage) -> Cost:
    if not work or not cost.work:
        return cost
    factor = work / cost.work
    # Weights are as large after one epoch as after ten.
    return replace(cost, seconds=cost.seconds * factor, size=cost.size * (factor if isinstance(stage, Map) else 1))


def _unlikeness(artifact: Artifact, step: Step) -> tuple[int, int]:
    """Return in how many kinds of parts (a method, a network), and then options, an artifact was made otherwise."""
    asked = dict(_leaves(step.config))
    try:
        made = dict(_leaves(read_job(artifact.job).config))
    except StoreError:  # torn since, and nobody knows
        return 0, len(asked)
    differ = [path for path in made.keys() | asked.keys() if made.get(path) != asked.get(path)]
    kinds = sum(path[-1] == TARGET and path in made and path in asked for path in differ)
    return kinds, len(differ) - kinds


def _leaves(config: Plain, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Plain]]:
    """Yield every value of a config that is not a mapping, with the keys that lead to it."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _at_once(artifact: Artifact) -> bool:
    summary = artifact.manifest().summary
    return "made" not in summary or bool(summary["made"] == summary["images"])
