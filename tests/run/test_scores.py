"""Scores on the screen, and the one that is the objective."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from toy_runs import made

from wsss.errors import DataError
from wsss.run.names import SCORES as FILE
from wsss.run.scores import score_table, scores_among, value_of
from wsss.store.kinds import TABLE
from wsss.store.store import Artifact, Store
from wsss.store.texts import write_json

SCORES: Mapping[str, Any] = {"predict_masks": {"val": {"miou": 0.25, "fp": None}}}


@pytest.mark.parametrize("oracle", [True, False])
def test_the_table_is_in_per_cent_and_marks_the_oracle(oracle: bool) -> None:
    scores = {"extract_cams": {"train": {"miou": 0.1234, "threshold": 0.3, "oracle": oracle}}}
    page = Console(width=120, record=True)
    with page.capture() as text:
        page.print(score_table(scores))
    assert "12.3" in text.get()
    assert ("oracle (uses masks), threshold 0.30" in text.get()) is oracle


def test_scores_of_boxes_stand_beside() -> None:
    page = Console(width=160, record=True)
    scores = {
        "extract_cams": {"train": {"oracle": True, "threshold": 0.3, "max_box_acc_v2": 0.456}},
        "make_masks": {"train": {"miou": 0.5, "corloc": 0.321}},
    }
    with page.capture() as text:
        page.print(score_table(scores))
    assert "threshold 0.30; MaxBoxAccV2 45.6" in text.get()
    assert " CorLoc 32.1" in text.get()


def test_each_score_stands_in_its_own_column() -> None:
    page = Console(width=160, record=True)
    found = {"miou": 0.11, "fp": 0.22, "fn": 0.33, "map": 0.44}
    with page.capture() as text:
        page.print(score_table({"predict_masks": {"val": found}}))
    names, values = (
        re.split(r"\s*[│┃]\s*", line.strip("│┃ ")) for line in text.get().splitlines() if "I" in line or "11" in line
    )
    assert dict(zip(names[2:6], values[2:6], strict=True)) == {
        "mIoU": "11.0",
        "FP": "22.0",
        "FN": "33.0",
        "mAP": "44.0",
    }


def test_an_oracle_without_a_threshold_is_marked_too() -> None:
    page = Console(width=120, record=True)
    with page.capture() as text:
        page.print(score_table({"predict_masks": {"val": {"miou": 0.5, "oracle": True}}}))
    assert "oracle (uses masks)" in text.get()
    assert "threshold" not in text.get()


def evaluated(store: Store, stage: str, scores: Mapping[str, Any] | None) -> Artifact:
    """An artifact with these scores, or without any."""
    artifact = store.artifact(stage, "0" * 16)
    artifact.items.mkdir(parents=True)
    if scores is not None:
        write_json(artifact.items / FILE, scores)
    return made(artifact, TABLE)


def test_scores_of_a_run_are_those_of_its_last_evaluation(tmp_path: Path) -> None:
    store, last = Store(root=tmp_path), {"predict_masks": {"val": {"miou": 0.5}}}
    masks, first, again, page = (
        evaluated(store, stage, scores)
        for stage, scores in (("make_masks", None), ("evaluate", SCORES), ("evaluate_again", last), ("report", None))
    )
    assert scores_among([masks, page]) == {}
    assert scores_among([masks, first, page]) == SCORES
    assert scores_among([masks, first, again, page]) == last


def test_the_value_is_read_from_the_scores() -> None:
    assert value_of(None, SCORES) is None
    assert value_of("predict_masks/val/miou", SCORES) == 0.25
    for unknown in ("predict_masks/val/fp", "make_masks/train/miou"):
        with pytest.raises(DataError, match="has no value"):
            value_of(unknown, SCORES)
