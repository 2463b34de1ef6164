"""More GPUs than a batch feeds are named before a run begins."""

import pytest
import torch
from toy_runs import Run

from wsss.run.sharing import sharing_notes

REAL = ("runtime.device=auto", "limits.batch_size=null")
"""Where the toy run is held to what is quick."""


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)


@pytest.mark.usefixtures("gpus")
def test_gpus_that_gain_nothing_are_named_of_trainings_that_are_to_be_made(toy_run: Run):
    steps = [*toy_run.plan("random_seed=8", "fit.classifier.batch_size=16", *REAL).values()]
    first, *others = sharing_notes(steps, workers=8)
    assert first.startswith("train_classifier: 8 GPUs have 2 of a pass's 16 images each, and are hardly faster than 4:")
    assert [each.split(":")[0] for each in others] == ["train_segmenter"]
    assert not [each for each in sharing_notes(steps, workers=4) if each.startswith("train_classifier")]
    assert [*sharing_notes(steps, workers=1)] == []
    assert [*sharing_notes(toy_run.plan("runtime.device=auto").values(), workers=8)] == []


@pytest.mark.usefixtures("gpus")
def test_passes_of_a_step_share_its_images(toy_run: Run):
    options = ("fit.classifier.batch_size=32", "fit.classifier.accumulate=4")
    steps = [*toy_run.plan("random_seed=8", *options, *REAL).values()]
    first, *_ = sharing_notes(steps, workers=4)
    assert first.startswith("train_classifier: 4 GPUs have 2 of a pass's 8 images each, and are hardly faster than 2: ")
    assert "raise fit.batch_size" in first


def test_processes_of_a_cpu_gain_from_few_images_too(toy_run: Run):
    assert [*sharing_notes(toy_run.plan("random_seed=8").values(), workers=4)] == []
