"""What a plan says before anything runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from data_sets import draw_image
from toy_runs import Run

from wsss.data.index import Index, Record
from wsss.data.layouts.folder import Folder
from wsss.errors import DataError, WsssError
from wsss.run import foreseen as module
from wsss.run.foreseen import Data, data_of, downloads_of, foreseen, of_index, room, show_foreseen, train_split
from wsss.run.screen import Expectation
from wsss.store.store import Store
from wsss.types import Size


def test_data_are_those_of_the_index_or_as_they_are_listed(toy_run: Run):
    made = data_of([*toy_run.plan().values()])
    listed = data_of([*toy_run.plan("dataset.random_seed=9").values()])
    assert made is not None
    assert listed is not None
    assert made.index is not None
    assert listed.index is None
    assert made.images == listed.images == {"train": 8, "val": 4}
    assert made.classes == listed.classes
    assert sum(made.counts().values()) == sum(len(record.classes) for record in made.index.records.values())
    assert data_of([step for step in toy_run.plan().values() if step.name != "index_data"]) is None


def test_a_list_that_a_run_would_refuse_is_refused(toy_run: Run, tmp_path: Path):
    (tmp_path / "images").mkdir()
    draw_image(tmp_path / "images" / "a.png", key=1)
    (tmp_path / "labels.csv").write_text("image,labels\na.png,cat\nb.png,dog\n", encoding="utf-8")
    step = toy_run.plan("random_seed=8", "dataset.random_seed=9")["index_data"]
    stage: Any = step.stage
    with pytest.raises(DataError, match=r"b\.png"):
        data_of([replace(step, stage=replace(stage, dataset=Folder(root=tmp_path)))])


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        ("a.png,cat,train\nb.png,cow,val\n", {"classes": ("cat", "dog")}, "labelled 'cow', which is not a class"),
        ("a.png,cat,train\nb.png,dog,train\n", {}, "there is no split 'val'"),
        (
            "a.png,,train\nb.png,,train\nc.png,,train\nd.png,,train\ne.png,,val\n",
            {"classes": ("cat", "dog")},
            "no image of split 'train' shows any class",
        ),
        ("a.png,cat,train\nb.png,dog,val\n", {}, "is more than the 1 images of split 'train'"),
    ],
)
def test_a_plan_refuses_what_a_run_refuses(
    toy_run: Run, tmp_path: Path, labels: str, options: dict[str, Any], said: str
):
    (tmp_path / "images").mkdir()
    for number, name in enumerate("abcde"):
        draw_image(tmp_path / "images" / f"{name}.png", key=number)
    (tmp_path / "labels.csv").write_text(f"image,labels,split\n{labels}", encoding="utf-8")
    steps = list(toy_run.plan("random_seed=8", "dataset.random_seed=9").values())
    stage: Any = steps[0].stage
    steps[0] = replace(steps[0], stage=replace(stage, dataset=Folder(root=tmp_path, **options)))
    with pytest.raises(WsssError, match=said):
        data_of(steps)


def test_what_the_split_lacks_is_told(toy_run: Run):
    shown = [(0, 1), (0, 1), (2,), ()]
    data = Data(classes=("cat", "sofa", "dog"), splits={"train": shown, "val": [(0,)]})
    (note,) = data.notes("train")
    assert note.startswith("cat and sofa are always shown together in split 'train' (images: 2)")
    assert data.notes("val") == data.notes("test") == []
    assert data.counts() == {"cat": 3, "sofa": 2, "dog": 1}
    assert train_split([*toy_run.plan("splits.train=val").values()]) == "val"
    sizes = [(40, 30)] * 3 + [(400, 30)]
    records = [
        Record(id=str(i), image=f"{i}.png", size=Size(height=h, width=w), classes=(0,))
        for i, (w, h) in enumerate(sizes)
    ]
    index = Index.of(records, classes=("a",), splits={"train": list("0123")}, root=Path())
    (note,) = of_index(index).notes("train")
    assert "3.png (400 x 30)" in note


def test_what_earlier_runs_do_not_tell_is_measured(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    steps = [*toy_run.plan("random_seed=8").values()]
    asked: list[Any] = []

    def measure(stage: Any, options: Any, **words: Any) -> Expectation:
        asked.append((type(stage).__name__, options is getattr(stage, "classifier", None), words["images"]))
        return Expectation(seconds=1.0, size=1, like=0)

    monkeypatch.setattr(module, "measured", measure)
    data = data_of(steps)
    known = foreseen(steps, data=data, store=Store(root=toy_run.store))
    assert "index_data" not in known
    assert asked == []
    assert {each.like for each in known.values() if each is not None} == {1}
    unknown = foreseen(steps, data=data, store=Store(root=tmp_path))
    assert asked == [("TrainClassifier", True, 8), ("TrainSegmenter", False, 8)]
    assert {name for name, each in unknown.items() if each is not None} == {"train_classifier", "train_segmenter"}
    assert foreseen(steps, data=None, store=Store(root=tmp_path))["train_classifier"] is None


def test_a_plan_ends_with_what_this_machine_has(
    toy_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "measured", lambda *_, **__: Expectation(seconds=1.0, size=1e6, like=0, memory=2**31))
    steps = [*toy_run.plan().values()]
    show_foreseen(steps, {step.name: step.artifact.state() for step in steps}, store=Store(root=toy_run.store))
    printed = capsys.readouterr().out
    assert "images:" not in printed
    assert "this machine" not in printed
    steps = [*toy_run.plan("random_seed=8").values()]
    empty = Store(root=tmp_path / "not" / "there")
    show_foreseen(steps, {step.name: step.artifact.state() for step in steps}, store=empty)
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("images: 8 for train, 4 for val; classes: 4; fewer than 10 images show ")
    assert last.startswith("takes 2.1 GB of memory and 2.0 MB of disk; this machine has ")
    assert last.endswith(f" free for {empty.root}")
    here = room(empty)
    assert here.cores >= 1
    assert here.disk > 0


def test_downloads_of_all_stages_are_told_once(toy_run: Run):
    steps = [*toy_run.plan().values()]
    assert downloads_of(steps) == []
    (place,) = [place for place, step in enumerate(steps) if step.name == "train_classifier"]
    stage: Any = steps[place].stage
    options = replace(stage.classifier, backbone="resnet18", weights="imagenet")
    changed = replace(steps[place], stage=replace(stage, classifier=options))
    assert [each.name for each in downloads_of([changed, changed])] == ["resnet18"]
