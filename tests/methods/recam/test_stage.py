"""train_recam: it goes on from a finished classifier, and leaves another one with a second head beside it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import Run

from wsss.engine.stage import Job
from wsss.methods.recam.stage import SECOND, TrainReCAM
from wsss.models.weights import WEIGHTS
from wsss.run.plan import Step
from wsss.stages.train_classifier import load_classifier
from wsss.store.store import Store


@pytest.fixture
def step(toy_run: Run) -> Step:
    return toy_run.plan("stages=recam")["train_recam"]


@pytest.fixture
def stage(step: Step) -> Any:
    return step.stage


@pytest.fixture
def job(step: Step, tmp_path: Path) -> Job:
    artifact = Store(root=tmp_path).artifact("train_recam", "0" * 16)
    return Job(artifact=artifact, inputs=step.inputs)


def test_it_starts_from_the_finished_classifier(stage: TrainReCAM, job: Job):
    module = stage.module(job)
    finished = torch.load(job.inputs["classifier"].items / WEIGHTS, weights_only=True)
    assert all(torch.equal(tensor, finished[name]) for name, tensor in module.network.state_dict().items())
    assert module.second.weight.shape == module.network.head.weight.shape
    assert not torch.equal(module.second.weight, module.network.head.weight)
    frozen = replace(stage, fit=replace(stage.fit, frozen_until="block1")).module(job)
    assert not all(p.requires_grad for p in frozen.network.backbone_parameters())


def test_it_leaves_a_classifier_and_a_second_head(stage: TrainReCAM, job: Job):
    summary = stage.run(job)
    assert sorted(path.name for path in job.artifact.items.iterdir()) == [SECOND, WEIGHTS]
    assert list(job.artifact.checkpoints.iterdir()) == []
    assert summary["metrics"].keys() >= {"train/loss", "train/margin", "train/sce", "val/map"}
    before, after = (
        load_classifier(Job(artifact=job.artifact, inputs={**job.inputs, "classifier": artifact}), stage.classifier)
        for artifact in (job.inputs["classifier"], job.artifact)
    )
    assert not torch.equal(before.head_weight, after.head_weight)
    second = torch.load(job.artifact.items / SECOND, weights_only=True)["weight"]
    assert second.shape == after.head_weight.shape
    metrics = summary["metrics"]
    assert metrics["train/loss"] == pytest.approx(metrics["train/margin"] + metrics["train/sce"], rel=1e-5)


def test_its_own_options_change_it_and_how_it_is_read_does_not(toy_run: Run, step: Step):
    def prints(*overrides: str) -> dict[str, str]:
        plan = toy_run.plan("stages=recam", *overrides)
        return {name: each.artifact.fingerprint for name, each in plan.items()}

    plain = prints()
    assert plain["train_classifier"] == toy_run.plan()["train_classifier"].artifact.fingerprint
    read = prints("pipeline.extract_cams.heads.weights=product")
    assert {name for name in plain if plain[name] != read[name]} == {
        *("extract_cams", "refine_cams", "make_masks", "train_segmenter", "predict_masks", "evaluate", "report")
    }
    trained = prints("fit.recam.sce_weight=0.5")
    assert {name for name in plain if plain[name] == trained[name]} == {"index_data", "train_classifier"}
