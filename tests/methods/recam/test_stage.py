"""train_recam: it goes on from a finished classifier, and leaves another one with a second head beside it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from stored_networks import tensors_of
from toy_runs import Run, made, networks_of

from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.methods.recam.stage import HEADS, TrainReCAM
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.run.plan import Step
from wsss.store.kinds import NETWORK
from wsss.store.networks import RECORD, load
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
    finished = tensors_of(job.inputs["classifier"])
    assert all(torch.equal(tensor, finished[name]) for name, tensor in module.network.state_dict().items())
    assert module.second.weight.shape == module.network.head.weight.shape
    assert not torch.equal(module.second.weight, module.network.head.weight)
    frozen = replace(stage, fit=replace(stage.fit, frozen_until="block1")).module(job)
    assert not all(p.requires_grad for p in frozen.network.backbone_parameters())


def test_it_leaves_a_classifier_with_three_heads_to_choose_from(stage: TrainReCAM, job: Job):
    summary = stage.run(job)
    files = ["backbone.safetensors", "first.safetensors", "logits", RECORD, "product.safetensors", "second.safetensors"]
    assert sorted(path.name for path in job.artifact.items.iterdir()) == files
    assert list(job.artifact.checkpoints.iterdir()) == []
    assert summary["metrics"].keys() >= {"train/loss", "train/margin", "train/sce", "val/map"}
    made(job.artifact, NETWORK)
    before, after = job.network("classifier"), load(job.artifact)
    assert after.options == before.options
    assert after.normalisation == before.normalisation
    heads = {name: load(job.artifact, weights=name).module.head_weight for name in HEADS}
    assert torch.equal(after.module.head_weight, heads["first"]), "by which it tells what an image shows"
    assert not torch.equal(before.module.head_weight, heads["first"])
    assert not torch.equal(heads["first"], heads["second"])
    assert torch.equal(heads["product"], heads["first"] * heads["second"])
    backbone = after.module.backbone.state_dict()
    second = load(job.artifact, weights="second").module
    assert all(torch.equal(tensor, backbone[name]) for name, tensor in second.backbone.state_dict().items())
    assert not any(module.training for module in second.modules())
    metrics = summary["metrics"]
    assert metrics["train/loss"] == pytest.approx(metrics["train/margin"] + metrics["train/sce"], rel=1e-5)


def test_extraction_asks_the_chosen_head(toy_run: Run, stage: TrainReCAM, job: Job):
    stage.run(job)
    made(job.artifact, NETWORK)
    extraction: Any = toy_run.plan("stages=recam")["extract_cams"].stage
    asked = replace(job, inputs={**job.inputs, "classifier": job.artifact})
    found = extraction.network(asked, torch.device("cpu")).module
    assert torch.equal(found.head_weight, load(job.artifact, weights="second").module.head_weight)


def test_what_does_not_fit_is_refused_before(toy_run: Run, stage: TrainReCAM):
    plan = toy_run.plan("stages=recam")
    read = networks_of(plan, "train_recam")
    stage.check_inputs(read)
    assert stage.planned_network(read) == PlannedNetwork(options=read["classifier"].options, weights=HEADS)
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check_inputs(read)
    with pytest.raises(ModelError, match="a SegmentationNetwork does not pool the maps of a backbone"):
        stage.check_inputs(PlannedNetworks(classifier=networks_of(plan, "predict_masks")["segmenter"]))


def test_its_own_options_change_it_and_how_it_is_read_does_not(toy_run: Run, step: Step):
    def prints(*overrides: str) -> dict[str, str]:
        plan = toy_run.plan("stages=recam", *overrides)
        return {name: each.artifact.fingerprint for name, each in plan.items()}

    plain = prints()
    assert plain["train_classifier"] == toy_run.plan()["train_classifier"].artifact.fingerprint
    read = prints("pipeline.extract_cams.weights=product")
    assert {name for name in plain if plain[name] != read[name]} == {
        *("extract_cams", "refine_cams", "make_masks", "train_segmenter", "predict_masks", "evaluate", "report")
    }
    trained = prints("fit.recam.sce_weight=0.5")
    assert {name for name in plain if plain[name] == trained[name]} == {"index_data", "train_classifier"}
