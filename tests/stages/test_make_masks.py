from pathlib import Path

from builders import score_maps
from toy_runs import Run, drawn_index, drawn_maps, job

from wsss.masks import Argmax, ConfidentShare
from wsss.stages.make_masks import MakeMasks
from wsss.store.files import read_mask_item, read_scores
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
