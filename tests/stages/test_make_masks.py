from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import score_maps
from toy_runs import Run, drawn_index, drawn_maps, job

from wsss.engine.stage import read_index
from wsss.errors import DataError
from wsss.masks import Argmax, ConfidentShare
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.stages.make_masks import MakeMasks, note
from wsss.store.files import read_mask_item, read_scores, write_mask
from wsss.store.store import Store
from wsss.store.texts import read_json


def test_masks_by_hand(tmp_path: Path):
    store = Store(root=tmp_path)
    maps = drawn_maps(store, "refine_cams", {"a": score_maps([0, 2], [[[0.6, 0.4, 0.5]], [[0.5, 0.75, 0.5]]])})
    work = job(store, "make_masks", index=drawn_index(store, {"a": [[0, 2, 0]]}), maps=maps)
    assert MakeMasks(masks=Argmax()).run(work) == {"images": 1, "made": 1, "splits": ["train"]}
    assert read_mask_item(work.artifact.items / "a.png").tolist() == [[0, 2, 0]]
    (work.artifact.items / "a.png").unlink()
    MakeMasks(masks=ConfidentShare(foreground=0.65, background=0.54)).run(work)
    assert read_mask_item(work.artifact.items / "a.png").tolist() == [[0, 2, 255]]


def test_masks_of_the_run_follow_from_its_refined_maps(toy_run: Run):
    step = toy_run.plan()["make_masks"]
    for path in step.artifact.items.iterdir():
        maps = read_scores(step.inputs["maps"].items / f"{path.stem}.npz")
        assert (read_mask_item(path) == Argmax()(maps)).all()


def test_annotated_masks_take_the_place_of_the_rule_s(tmp_path: Path):
    store, folder = Store(root=tmp_path / "store"), tmp_path / "corrected"
    folder.mkdir()
    maps = {name: score_maps([0, 2], [[[0.6, 0.4]], [[0.5, 0.75]]]) for name in ("a", "b")}
    index = drawn_index(store, {"a": [[0, 2]], "b": [[0, 2]]})
    work = job(store, "make_masks", index=index, maps=drawn_maps(store, "refine_cams", maps))
    write_mask(folder / "b.png", np.array([[1, 255]], dtype=np.uint8))
    stage = MakeMasks(masks=Argmax(annotated=folder))
    stage.check_index(read_index(index))
    assert stage.run(work) == {"images": 2, "made": 2, "splits": ["train"], "notes": [note(1, images=2)]}
    assert read_mask_item(work.artifact.items / "a.png").tolist() == [[0, 2]]
    assert read_mask_item(work.artifact.items / "b.png").tolist() == [[1, 255]]
    assert stage.uses_true_masks
    assert not MakeMasks(masks=Argmax()).uses_true_masks
    write_mask(folder / "strange.png", np.array([[1, 255]], dtype=np.uint8))
    with pytest.raises(DataError, match=r"masks\.annotated: no image has such a mask as strange\.png"):
        stage.check_index(read_index(index))


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
