"""What the trainings of AffinityNet and of IRNet's edges share: where they start, learn from, and what they leave."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import Run, drawn_masks, made, networks_of

from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.methods.affinity.fit_pairs import FitPairs
from wsss.models.base import PlannedNetworks
from wsss.run.plan import Step
from wsss.store.kinds import NETWORK
from wsss.store.networks import RECORD, WEIGHTS, load
from wsss.store.store import Store


@pytest.fixture(params=["train_affinity", "train_irn"])
def step(request: pytest.FixtureRequest, toy_run: Run) -> Step:
    return plan_of(toy_run, request.param)[request.param]


@pytest.fixture
def plan(step: Step, toy_run: Run) -> dict[str, Step]:
    return plan_of(toy_run, step.name)


def plan_of(run: Run, stage: str) -> dict[str, Step]:
    chosen = {"train_affinity": "psa", "train_irn": "irn"}[stage]
    return run.plan(f"stages={chosen}", f"refine={chosen}")


@pytest.fixture
def stage(step: Step) -> Any:
    return step.stage


@pytest.fixture
def job(step: Step, tmp_path: Path) -> Job:
    """Labels as if every image were background but for a square."""
    rows = [[0] * 64] * 20 + [[0] * 20 + [2] * 24 + [255] * 20] * 24 + [[0] * 64] * 20
    plain = Job(artifact=step.artifact, inputs=step.inputs)
    records = plain.index().split("train")
    masks = drawn_masks(
        Store(root=tmp_path),
        "confident_labels",
        {r.id: [row[: r.size.width] for row in rows[: r.size.height]] for r in records},
    )
    artifact = Store(root=tmp_path).artifact(step.name, "0" * 16)
    return Job(artifact=artifact, inputs={**step.inputs, "masks": masks})


def test_a_block_that_is_not_there_is_refused_before(stage: FitPairs, plan: dict[str, Step], step: Step):
    read = networks_of(plan, step.name)
    stage.check_inputs(read)
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check_inputs(read)
    with pytest.raises(ModelError, match="a SegmentationNetwork does not pool the maps of a backbone"):
        stage.check_inputs(PlannedNetworks(classifier=networks_of(plan, "predict_masks")["segmenter"]))


def test_it_starts_from_the_trained_backbone_and_freezes_what_it_is_told(stage: FitPairs, job: Job):
    trained = job.network("classifier").module.backbone.state_dict()
    for until, frozen in ((None, set()), ("stem", {"conv_stem.weight", "bn1.weight", "bn1.bias"})):
        network = replace(stage, fit=replace(stage.fit, frozen_until=until)).module(job).network
        backbone = network.pyramid.backbone
        assert all(torch.equal(tensor, trained[name]) for name, tensor in backbone.state_dict().items())
        assert {name for name, p in backbone.named_parameters() if not p.requires_grad} == frozen
        assert all(p.requires_grad for p in network.new_parameters())


def test_it_leaves_a_network_that_its_folder_describes(stage: FitPairs, job: Job):
    summary = stage.run(job)
    assert summary["steps"] == 2
    assert summary["metrics"].keys() == {"train/loss", "train/background", "train/foreground", "train/different"}
    assert sorted(path.name for path in job.artifact.items.iterdir()) == [RECORD, WEIGHTS]
    found, classifier = load(made(job.artifact, NETWORK)), job.record("classifier")
    assert found.options == stage.options(classifier.options)
    assert found.normalisation == classifier.normalisation
    before = stage.module(job).network.state_dict()
    changed = {name for name, tensor in found.module.state_dict().items() if not torch.equal(tensor, before[name])}
    assert any(not name.startswith("pyramid") for name in changed)
    assert any(name.startswith("pyramid") for name in changed) == (stage.fit.frozen_until is None)
