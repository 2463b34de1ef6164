"""True masks in place of pseudo masks, for the upper bound that they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_runs import Run, drawn_index, job

from wsss.engine.stage import read_index
from wsss.errors import DataError
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.stages.copy_true_masks import NOTE, CopyTrueMasks
from wsss.store.files import read_mask_item
from wsss.store.store import Store
from wsss.store.texts import read_json


def test_masks_are_the_true_ones(tmp_path: Path):
    store = Store(root=tmp_path)
    work = job(store, "copy_true_masks", index=drawn_index(store, {"a": [[0, 2, 255]], "b": [[1, 1]]}))
    assert CopyTrueMasks().run(work) == {"images": 2, "made": 2, "splits": ["train"], "notes": [NOTE]}
    assert read_mask_item(work.artifact.items / "a.png").tolist() == [[0, 2, 255]]
    assert read_mask_item(work.artifact.items / "b.png").tolist() == [[1, 1]]


def test_a_mask_of_any_format_becomes_one_of_ours(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": [[0, 1]]})
    grey = Image.fromarray(np.array([[0, 257]], dtype=np.uint16))  # sixteen bits a pixel
    grey.save(index.items / "masks" / "a.png")
    with pytest.raises(DataError, match=r"a\.png holds the value 257"):
        CopyTrueMasks().run(job(store, "copy_true_masks", index=index))
    Image.fromarray(np.array([[0, 1]], dtype=np.uint16)).save(index.items / "masks" / "a.png")
    work = job(store, "copy_true_masks", index=index)
    CopyTrueMasks().run(work)
    assert read_mask_item(work.artifact.items / "a.png").tolist() == [[0, 1]]


def test_images_without_a_true_mask_are_refused_by_name(tmp_path: Path):
    index = read_index(drawn_index(Store(root=tmp_path), {"a": [[0, 1]], "b": None}))
    with pytest.raises(DataError, match="learns from true masks, and 1 images have none: b; give them masks"):
        CopyTrueMasks().check_index(index)


def test_the_network_learns_from_them_and_all_that_is_shown_calls_it_an_oracle(toy_run: Run, tmp_path: Path):
    run = toy_run.copied(tmp_path)
    plan = run.plan("stages=supervised")
    assert plan["train_segmenter"].inputs["masks"] == plan["copy_true_masks"].artifact
    for name in ("copy_true_masks", "train_segmenter", "predict_masks", "evaluate", "report"):
        make(plan[name], crew=Here())
    scores = read_json(plan["evaluate"].artifact.items / "scores.json", dict)
    assert [scores["predict_masks"][split]["oracle"] for split in ("train", "val")] == [True, True]
    assert "oracle" not in scores["make_masks"]["train"]
    page = (plan["report"].artifact.items / "report.html").read_text(encoding="utf-8")
    assert page.count(NOTE) == 1
