"""The contract of stages sees what breaks it."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_runs import Run

from wsss.engine.batch import Batch
from wsss.engine.stage import Job
from wsss.engine.taken_over import TakeOver
from wsss.labels import IGNORE
from wsss.run.plan import Step
from wsss.stages.make_masks import MakeMasks
from wsss.testing import stages
from wsss.testing.stages import promises_of, remake


def spoil_manifest(step: Step) -> None:
    step.artifact.manifest_path.unlink()


def leave_hidden(step: Step) -> None:
    (step.artifact.items / ".half.png").touch()


def cut_log(step: Step) -> None:
    (step.artifact.path / "log.txt").write_text("", encoding="utf-8")


def change_config(step: Step) -> None:
    text = step.artifact.job.read_text(encoding="utf-8")
    step.artifact.job.write_text(text.replace("splits:", "spilt:"), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_manifest, "the artifact is resume"),
        (leave_hidden, "a write was left unfinished"),
        (cut_log, "the log has no end"),
        (change_config, "the frozen config is another one"),
    ],
)
def test_a_spoilt_artifact_is_seen(spoil: Callable[[Step], None], said: str, toy_run: Run, tmp_path: Path):
    run = toy_run.copied(tmp_path)
    spoil(run.plan()["make_masks"])
    with pytest.raises(AssertionError, match=said):
        stages.an_artifact_says_what_it_is("make_masks", run.plan)


def test_a_stray_item_is_seen(toy_run: Run, tmp_path: Path):
    run = toy_run.copied(tmp_path)
    stages.a_map_makes_one_item_an_image("make_masks", run.plan)
    (run.plan()["make_masks"].artifact.items / "stray.png").touch()
    with pytest.raises(AssertionError, match="items and images do not agree"):
        stages.a_map_makes_one_item_an_image("make_masks", run.plan)


def test_items_that_differ_each_time_are_seen(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run, calls = toy_run.copied(tmp_path), count()

    def masks(batch: Batch) -> list[np.ndarray]:
        sizes = [record.size for record in batch.records]
        return [np.full((size.height, size.width), next(calls) % IGNORE, dtype=np.uint8) for size in sizes]

    monkeypatch.setattr(MakeMasks, "open", lambda *_: masks)
    with pytest.raises(AssertionError, match="other bytes after an interruption"):
        stages.an_interrupted_map_goes_on_to_the_same_bytes("make_masks", run.plan)


def test_items_that_depend_on_other_images_are_seen(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = toy_run.copied(tmp_path)

    def opened(_: MakeMasks, job: Job, __: Any) -> Any:
        label = sum(each.digest == "0" * 32 for each in job.index().records.values())
        return lambda batch: [np.full((r.size.height, r.size.width), label, dtype=np.uint8) for r in batch.records]

    monkeypatch.setattr(MakeMasks, "open", opened)
    remake(run.plan()["make_masks"])
    with pytest.raises(AssertionError, match="not what would be made: say items_stand_alone = False"):
        stages.unchanged_images_keep_their_items("make_masks", run.plan)
    monkeypatch.setattr(MakeMasks, "items_stand_alone", False)
    stages.unchanged_images_keep_their_items("make_masks", run.plan)


def test_items_that_are_never_taken_over_are_seen(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = toy_run.copied(tmp_path)
    monkeypatch.setattr(TakeOver, "into", lambda *_: 0)
    with pytest.raises(AssertionError, match="no item is taken over"):
        stages.unchanged_images_keep_their_items("make_masks", run.plan)


def test_what_is_promised_follows_from_the_shape(toy_run: Run):
    promised = {name: promises_of(step) for name, step in toy_run.plan().items()}
    assert stages.the_number_of_workers_changes_no_byte in promised["make_masks"]
    assert stages.a_fit_gives_the_same_weights_again in promised["train_classifier"]
    assert promised["report"] == (stages.an_artifact_says_what_it_is,)
