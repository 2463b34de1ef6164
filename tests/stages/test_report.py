"""report: one page on whatever was made, of a whole run and of next to nothing."""

import re
from pathlib import Path

import pytest
from builders import score_maps
from toy_runs import Run, drawn_index, drawn_maps, drawn_masks, job, made

from wsss.methods.affinity import IRNWalk
from wsss.refine import ConstantBackground
from wsss.stages.report import MakeReport, all_notes, row
from wsss.store.files import write_json
from wsss.store.kinds import RAW_MAPS
from wsss.store.store import Artifact, Store


@pytest.fixture
def page(toy_run: Run) -> str:
    return (toy_run.out / "report.html").read_text(encoding="utf-8")


def test_the_page_names_every_stage_with_its_fingerprint(page: str, toy_run: Run):
    steps = toy_run.plan()
    for step in steps.values():
        if step.name != "report":
            assert step.name in page
            assert step.artifact.fingerprint in page
    assert "oracle" in page
    assert "Training: train_segmenter" in page
    assert "Threshold curve: extract_cams on train" in page
    assert "val: random" in page or "val: best" in page


def test_the_page_needs_no_other_file(page: str):
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "<script" not in page


def evaluation(store: Store, **tables: object) -> Artifact:
    artifact = store.artifact("evaluate", "4" * 16)
    artifact.items.mkdir(parents=True)
    for name, empty in (("scores", {}), ("curves", {}), ("images", {}), ("notes", [])):
        write_json(artifact.items / f"{name}.json", tables.get(name, empty))
    return made(artifact)


def test_notes_of_all_stages_are_on_the_page_once(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": None})
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1, 1]] * 2})
    made(masks, summary={"notes": ["one is left out", "two is large"]})
    inputs = {"index": index, "masks": masks, "evaluation": evaluation(store, notes=["none is scored", "two is large"])}
    assert all_notes(inputs) == ("one is left out", "two is large", "none is scored")


def test_of_next_to_nothing_there_is_a_page_that_says_why(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": None, "<b> & c": [[0, 1]]}, train=("a",), val=("<b> & c",))
    predictions = drawn_masks(store, "predict_masks", {"a": [[0, 1, 1]] * 2})
    notes = ["predict_masks on train cannot be scored."]
    work = job(store, "report", index=index, evaluation=evaluation(store, notes=notes), predictions=predictions)
    assert MakeReport(title="my <photos>", examples=2).run(work) == {}
    page = (work.artifact.items / "report.html").read_text(encoding="utf-8")
    assert notes[0] in page
    assert "no true mask" in page
    assert "not made for this split" in page
    assert "&lt;b&gt; &amp; c" in page
    assert "my &lt;photos&gt;" in page
    assert "train: random" in page
    assert "val: random" in page


def test_an_image_has_the_score_of_the_masks_beside_it(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": [[0, 1]]})
    predictions = drawn_masks(store, "predict_masks", {"a": [[0, 1]]})
    images = {"predict_masks": {"train": {"a": 0.625}}, "relabel": {"train": {"a": 0.125}}}
    work = job(store, "report", index=index, evaluation=evaluation(store, images=images), predictions=predictions)
    MakeReport(title="mine", examples=2).run(work)
    page = (work.artifact.items / "report.html").read_text(encoding="utf-8")
    assert "62.5" in page
    assert "12.5" not in page


def test_an_image_shows_the_maps_of_each_of_its_classes(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": [[1, 0, 2]] * 2})
    maps = drawn_maps(store, "extract_cams", {"a": score_maps([1, 2], [[[1.0, 0, 0]] * 2, [[0, 0, 0.5]] * 2])})
    read = job(store, "report", index=index).index()
    shown = row(read, read.records["a"], made={"CAM": RAW_MAPS.items(maps, read)}, iou=None)
    assert [panel.title for panel in shown.panels] == ["image", "CAM", "truth"]
    assert [panel.title for panel in shown.class_panels] == ["cat: CAM", "dog: CAM"]


@pytest.mark.parametrize("walked", [False, True])
def test_a_threshold_of_refined_maps_is_not_marked_among_those_of_raw_ones(tmp_path: Path, walked: bool):
    store = Store(root=tmp_path)
    curve = {"extract_cams": {"train": {"thresholds": [0.0, 0.5], "miou": [0.25, 0.5]}}}
    work = job(store, "report", index=drawn_index(store, {"a": [[0, 1]]}), evaluation=evaluation(store, curves=curve))
    background = {"background": ConstantBackground(threshold=0.25)}
    MakeReport(title="mine", refine={"walk": IRNWalk(), **background} if walked else background).run(work)
    page = (work.artifact.items / "report.html").read_text(encoding="utf-8")
    assert ("configured" in page) is not walked
