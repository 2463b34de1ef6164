"""The scores of a run: `scores.json`, the table on the screen, and the one of them that a search looks at."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.table import Table

from wsss.draw.numbers import ORACLE, percent, without_masks
from wsss.errors import DataError
from wsss.run.names import SCORES
from wsss.store.schema import ScoreTable
from wsss.store.store import ITEMS, Artifact

Scores = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Metrics by stage and split."""

BOX_SCORES: Final = {"max_box_acc_v2": "MaxBoxAccV2", "corloc": "CorLoc"}
"""Scores against true boxes, by their keys."""


def scores_among(artifacts: Iterable[Artifact]) -> Scores:
    """Return the scores that the last of some artifacts holds; none, where none was evaluated."""
    scores: Scores = {}
    for artifact in artifacts:
        if (artifact.items / SCORES).exists():
            scores = artifact.table(f"{ITEMS}/{SCORES}", ScoreTable)
    return scores


def score_table(scores: Scores) -> Table:
    """Return a table of the scores in per cent; what is an oracle says so, with its threshold where it has one."""
    table = Table("stage", "split", "mIoU", "FP", "FN", "mAP", "", title="scores, per cent")
    for stage, splits in scores.items():
        for split, found in splits.items():
            table.add_row(
                stage, split, *(percent(found.get(name)) for name in ("miou", "fp", "fn", "map")), _remark(found)
            )
    return table


def value_of(objective: str | None, scores: Scores) -> float | None:
    """Return the objective among the scores of a finished run; raises `DataError` where it could not be computed."""
    if objective is None:
        return None
    stage, split, metric = objective.split("/")
    value = scores.get(stage, {}).get(split, {}).get(metric)
    if value is None:
        raise DataError(f"objective: {objective} has no value: see the notes of the report")
    return float(value)


def _remark(found: Mapping[str, Any]) -> str:
    said = [ORACLE] if found.get("oracle") else []
    if "threshold" in found:
        said.append(f"threshold {found['threshold']:.2f}")
    remark = ", ".join(said)
    if "chosen_miou" in found:
        remark += f"; {percent(found['chosen_miou'])} at {found['chosen_threshold']:.2f}, chosen without masks"
    boxes = [f"{name} {percent(found[key])}" for key, name in BOX_SCORES.items() if found.get(key) is not None]
    return "; ".join([*([remark] if remark else []), *boxes, *without_masks(found)])
