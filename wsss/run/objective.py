"""The objective of a run: the one of its scores that a search looks at, such as `predict_masks/val/miou`."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from wsss.engine.counting import SCORED
from wsss.engine.map import Map
from wsss.engine.stage import read_index
from wsss.errors import ConfigError, DataError, one_of
from wsss.run.plan import Step
from wsss.stages.evaluate import Evaluate
from wsss.stages.index_data import IndexData
from wsss.stages.train_classifier import TrainMultiLabel

MASKED: Final = ("miou", "fp", "fn")
"""Metrics that compare with true masks."""


def check_objective(objective: str | None, steps: Sequence[Step]) -> None:
    """Refuse with a `ConfigError` a score that the planned stages cannot have."""
    evaluated = any(isinstance(step.stage, Evaluate) for step in steps)
    scores = [score for step in steps for score in _scores_of(step)] if evaluated else []
    if objective is None or objective in scores:
        return
    near = get_close_matches(objective, scores, n=1)
    remedy = f"did you mean {near[0]}? " if near else ""
    there = f"it has {one_of(scores)}" if scores else "it has no stage evaluate"
    raise ConfigError([f"objective: this run has no score {objective!r}; {remedy}{there}"])


def is_oracle(objective: str) -> bool:
    """Tell whether a score reads true masks, so that who chooses by it makes an oracle."""
    return objective.rpartition("/")[2] in MASKED


def rises(objective: str) -> bool:
    """Tell whether more of a score is better: of shares of false pixels, less is."""
    return objective.rpartition("/")[2] not in ("fp", "fn")


def check_masks(objective: str | None, made: Step) -> None:
    """Refuse with a `DataError`, as soon as the data are known, a score for which there are no true masks."""
    if objective is None or not isinstance(made.stage, IndexData):
        return
    _, split, metric = objective.split("/")
    if metric in MASKED and all(record.mask is None for record in read_index(made.artifact).split(split)):
        raise DataError(f"objective: {objective} needs true masks, and no image of split {split!r} has one")


def _scores_of(step: Step) -> list[str]:
    """Return every score that evaluation gives to what a stage makes, by its key."""
    match step.stage:
        case TrainMultiLabel():
            return [f"{step.name}/val/map"]
        case Map(splits=splits) if step.stage.makes.name in SCORED:
            return [f"{step.name}/{split}/{metric}" for split in splits for metric in MASKED]
        case _:
            return []
