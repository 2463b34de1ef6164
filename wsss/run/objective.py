"""The objective of a run: the one of its scores that a search looks at, such as `predict_masks/val/miou`."""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from wsss.draw.numbers import AGREEMENT, EVIDENCE, TAG_F1
from wsss.draw.outcome import MASKS_ROLE, NETWORK_ROLE
from wsss.engine.counting import SCORED
from wsss.engine.map import Map
from wsss.engine.mask_free import CLASSIFIER_ROLE, joined
from wsss.engine.stage import read_index
from wsss.errors import ConfigError, DataError, one_of
from wsss.run.plan import Step
from wsss.stages.choose_threshold import ChooseThreshold
from wsss.stages.evaluate import Evaluate
from wsss.stages.index_data import IndexData
from wsss.stages.train_classifier import TrainMultiLabel
from wsss.store.kinds import MASKS, RAW_MAPS

MASKED: Final = ("miou", "fp", "fn")
"""Metrics that compare with true masks."""
ADDED: Final = {"extract_half": "stages=scales", "choose_threshold": "stages=threshold refine=auto"}
"""Stages that are there for their score as well, with the words that add them."""


def check_objective(objective: str | None, steps: Sequence[Step], *, pipeline: Collection[str] = ()) -> None:
    """Refuse with a `ConfigError` a score that the planned stages cannot have.

    `pipeline` names all stages of the config: what is there and was not planned is left out by `until`.
    """
    evaluated = any(isinstance(step.stage, Evaluate) for step in steps)
    scores = [*(score for step in steps for score in _scores_of(step)), *_mask_free(steps)] if evaluated else []
    if objective is None or objective in scores:
        return
    remedy = _remedy(objective, steps, scores=scores, pipeline=pipeline)
    there = f"it has {one_of(scores)}" if scores else "it has no stage evaluate"
    raise ConfigError([f"objective: this run has no score {objective!r}; {remedy}{there}"])


def _remedy(objective: str, steps: Sequence[Step], *, scores: Sequence[str], pipeline: Collection[str]) -> str:
    """Return what would bring the score, or one that is written much like it."""
    name = objective.partition("/")[0]
    if name not in {step.name for step in steps}:
        if name in pipeline:
            return f"`until` leaves {name} out: set until=null, or another stage; "
        if name in ADDED:
            return f"{ADDED[name]} adds the stage {name} (in a list with stages that are there: stages=[...,...]); "
    near = get_close_matches(objective, scores, n=1)
    return f"did you mean {near[0]}? " if near else ""


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


def _mask_free(steps: Sequence[Step]) -> Iterator[str]:
    """Yield the scores of `wsss.engine.mask_free` that the stages will have."""
    by_print = {step.artifact.fingerprint: step for step in steps}
    predicting = [step for step in steps if step.stage.makes == MASKS and NETWORK_ROLE in step.inputs]
    for step in predicting[-1:]:
        network = by_print.get(step.inputs[NETWORK_ROLE].fingerprint)
        masks = None if network is None else network.inputs.get(MASKS_ROLE)
        learnt = () if masks is None or masks.fingerprint not in by_print else _splits(by_print[masks.fingerprint])
        for split in _splits(step):
            yield f"{step.name}/{split}/{TAG_F1}"
            if split in learnt:
                yield f"{step.name}/{split}/{AGREEMENT}"
    first: dict[str, Step] = {}
    for step in (step for step in steps if step.stage.makes == RAW_MAPS and CLASSIFIER_ROLE in step.inputs):
        other = first.setdefault(step.inputs[CLASSIFIER_ROLE].fingerprint, step)
        if other is not step:
            yield from (f"{step.name}/{split}/{AGREEMENT}" for split in _splits(step) if split in _splits(other))
    for step in steps:
        if isinstance(step.stage, ChooseThreshold):
            yield f"{step.name}/{joined(step.stage.splits)}/{EVIDENCE}"


def _splits(step: Step) -> tuple[str, ...]:
    return step.stage.splits if isinstance(step.stage, Map) else ()
