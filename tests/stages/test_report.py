"""report: one page on whatever was made, of a whole run and of next to nothing."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_runs import Run, drawn_index, drawn_maps, drawn_masks, job, made

from wsss.data.index import Record
from wsss.draw.sheet import SheetRow
from wsss.engine.stage import Job
from wsss.stages.report import MakeReport, all_notes, used_threshold
from wsss.store.kinds import CHOICE, MAPS, MASKS, TABLE, Kind
from wsss.store.schema import ImageTable
from wsss.store.store import Artifact, Store
from wsss.store.texts import write_json


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


def test_images_are_shown_by_the_last_masks_that_were_scored(toy_run: Run, monkeypatch: pytest.MonkeyPatch):
    step = toy_run.plan()["report"]
    shown = dict[str, Any]()

    def noted(_: Any, record: Record, **options: Any) -> SheetRow:
        shown[record.id] = options["iou"]
        return SheetRow(id=record.id, image=np.zeros((2, 2, 3), dtype=np.uint8), panels=())

    monkeypatch.setattr("wsss.stages.report.row", noted)
    work = Job(artifact=step.artifact, inputs=step.inputs)
    images = step.inputs["evaluation"].table("items/images.json", ImageTable)
    MakeReport(title="toy", examples=99)._sheets(work, work.index(), images)
    last = {i: iou for split in images["predict_masks"].values() for i, iou in split.items()}
    assert shown == last
    assert shown != {**last, **images["make_masks"]["train"]}


def test_the_page_needs_no_other_file(page: str):
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "<script" not in page


def evaluation(store: Store, **tables: object) -> Artifact:
    artifact = store.artifact("evaluate", "4" * 16)
    artifact.items.mkdir(parents=True)
    for name, empty in (
        ("scores", {}),
        ("curves", {}),
        ("images", {}),
        ("confusions", {}),
        ("agreements", {}),
        ("notes", []),
    ):
        write_json(artifact.items / f"{name}.json", tables.get(name, empty))
    return made(artifact, TABLE)


def test_notes_of_all_stages_are_on_the_page_once(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": None})
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1, 1]] * 2})
    made(masks, MASKS, summary={"notes": ["one is left out", "two is large"]})
    inputs = {"index": index, "masks": masks, "evaluation": evaluation(store, notes=["none is scored", "two is large"])}
    assert all_notes(inputs) == ("one is left out", "two is large", "none is scored")


def test_what_a_stage_advises_stands_before_everything(tmp_path: Path):
    store = Store(root=tmp_path)
    index = drawn_index(store, {"a": None})
    masks = drawn_masks(store, "make_masks", {"a": [[0, 1, 1]] * 2})
    made(masks, MASKS, summary={"splits": ["train"], "advice": ["the network learnt <little>: train longer"]})
    work = job(store, "report", index=index, evaluation=evaluation(store), masks=masks)
    MakeReport(title="mine", examples=1).run(work)
    page = (work.artifact.items / "report.html").read_text(encoding="utf-8")
    assert 0 < page.index("the network learnt &lt;little&gt;: train longer") < page.index("No image has a true mask")


def test_the_page_says_in_words_what_was_reached(page: str):
    assert re.search(r"The masks reach [\d.]+ % mIoU on train, (where|but) the raw maps reach [\d.]+ %", page)
    assert re.search(r"The trained network reaches [\d.]+ % mIoU on val", page)
    assert "The weakest class is " in page
    assert 'id="confusion"' in page


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
    images = {"relabel": {"train": {"a": 0.125}}, "predict_masks": {"train": {"a": 0.625}}}
    work = job(store, "report", index=index, evaluation=evaluation(store, images=images), predictions=predictions)
    MakeReport(title="mine", examples=2).run(work)
    page = (work.artifact.items / "report.html").read_text(encoding="utf-8")
    assert "62.5" in page
    assert "12.5" not in page


@pytest.mark.parametrize(
    ("kind", "summary", "words"),
    [
        (MAPS, {"threshold": 0.25}, "configured"),
        (CHOICE, {"threshold": 0.25}, "chosen without masks"),
        (MAPS, {}, None),
        (CHOICE, {}, None),
    ],
)
def test_a_threshold_is_marked_on_the_curve_of_the_maps_that_had_it(
    tmp_path: Path, kind: Kind, summary: dict[str, float], words: str | None
):
    store = Store(root=tmp_path)
    maps, other = (drawn_maps(store, name, {}) for name in ("extract_cams", "extract_fine"))
    reader = store.artifact("reader", "7" * 16)
    reader.path.mkdir(parents=True)
    made(reader, kind, summary={"splits": [], **summary}, maps=maps)
    found = used_threshold(maps, [maps, reader])
    assert found == ((0.25, words) if words else None)
    assert used_threshold(replace(other, fingerprint="8" * 16), [other, reader]) is None


def test_a_chosen_threshold_comes_before_a_configured_one(tmp_path: Path):
    store = Store(root=tmp_path)
    maps = drawn_maps(store, "extract_cams", {})
    readers = []
    for kind, threshold in ((MAPS, 0.25), (CHOICE, 0.5)):
        reader = store.artifact(kind.name, "7" * 16)
        reader.path.mkdir(parents=True)
        readers.append(made(reader, kind, summary={"threshold": threshold}, maps=maps))
    assert used_threshold(maps, readers) == (0.5, "chosen without masks")


def test_images_are_chosen_by_the_number_and_the_seed_of_the_options(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[int, int]] = []

    def nothing(_ious: object, *, count: int, random_seed: int) -> dict[str, tuple[str, ...]]:
        asked.append((count, random_seed))
        return {}

    monkeypatch.setattr("wsss.stages.report.pick", nothing)
    step = toy_run.plan("random_seed=9")["report"]
    inputs = toy_run.plan()["report"].inputs
    stage = replace(step.stage, examples=3)  # type: ignore[call-arg]
    stage.run(Job(artifact=Store(root=tmp_path).artifact("report", "0" * 16), inputs=inputs))
    assert set(asked) == {(3, 9)}
