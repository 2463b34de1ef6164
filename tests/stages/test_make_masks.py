from pathlib import Path

import numpy as np
import pytest
from builders import score_maps
from toy_runs import Run, drawn_index, drawn_maps, job

from wsss.engine.stage import read_index
from wsss.errors import DataError
from wsss.masks import Argmax, ConfidentShare
from wsss.stages.deciding import note
from wsss.stages.make_masks import MakeMasks
from wsss.store.files import read_mask_item, read_scores, write_mask
from wsss.store.store import Store


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
