"""Masks that people annotated take the place of those that a rule decides, and are told to whoever reads scores."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_runs import Run

from wsss.errors import DataError
from wsss.masks import Argmax
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.stages.deciding import note
from wsss.store.files import read_mask_item, write_mask
from wsss.store.texts import read_json


def test_what_learns_from_annotated_masks_is_marked_and_follows_their_content(toy_run: Run, tmp_path: Path):
    run, folder = toy_run.copied(tmp_path), tmp_path / "corrected"
    folder.mkdir()
    before = run.plan()
    name = next(path.stem for path in before["make_masks"].artifact.items.iterdir())
    labels = read_mask_item(before["make_masks"].artifact.items / f"{name}.png")
    write_mask(folder / f"{name}.png", 1 - np.minimum(labels, 1))
    plan = run.plan(f"masks.annotated='{folder}'")
    changed = {key for key, step in plan.items() if step.artifact.fingerprint != before[key].artifact.fingerprint}
    assert changed == {"make_masks", "train_segmenter", "predict_masks", "evaluate", "report"}
    for key in ("make_masks", "train_segmenter", "predict_masks", "evaluate", "report"):
        make(plan[key], crew=Here())
    assert (read_mask_item(plan["make_masks"].artifact.items / f"{name}.png") == 1 - np.minimum(labels, 1)).all()
    scores = read_json(plan["evaluate"].artifact.items / "scores.json", dict)
    assert scores["make_masks"]["train"]["oracle"] is True
    assert scores["predict_masks"]["val"]["oracle"] is True
    page = (plan["report"].artifact.items / "report.html").read_text(encoding="utf-8")
    assert page.count(note(1, images=8)) == 1
    write_mask(folder / f"{name}.png", labels)
    again = run.plan(f"masks.annotated='{folder}'", "name=again")
    assert again["make_masks"].artifact.fingerprint != plan["make_masks"].artifact.fingerprint


def test_a_folder_that_is_not_there_is_said_with_the_plan(toy_run: Run, tmp_path: Path):
    with pytest.raises(
        DataError, match=r"masks\.annotated: there is no folder .*nowhere: `wsss data masks` writes one"
    ):
        toy_run.plan(f"masks.annotated='{tmp_path / 'nowhere'}'")


def test_a_file_of_ones_own_folder_counts_wherever_it_lies(tmp_path: Path):
    rule: Any = Argmax(annotated=tmp_path)
    assert rule.content() == {"annotated": (tmp_path,)}
    assert replace(rule, annotated=None).content() == {}
