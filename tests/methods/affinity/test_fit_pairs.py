"""What the trainings of AffinityNet and of IRNet's edges share: where they start, learn from, and what they leave."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import Run, drawn_masks

from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.methods.affinity.fit_pairs import FitPairs
from wsss.methods.affinity.stored import DESCRIPTION, restored
from wsss.models.weights import WEIGHTS
from wsss.run.plan import Step
from wsss.stages.train_classifier import load_classifier
from wsss.store.files import read_json
from wsss.store.fingerprint import contents
from wsss.store.store import Store


@pytest.fixture(params=["train_affinity", "train_irn"])
def step(request: pytest.FixtureRequest, toy_run: Run) -> Step:
    chosen = {"train_affinity": "psa", "train_irn": "irn"}[request.param]
    return toy_run.plan(f"stages={chosen}", f"refine={chosen}")[request.param]


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


def test_what_cannot_be_had_is_refused_before(stage: FitPairs):
    stage.check()
    with pytest.raises(ModelError, match="no_such_network"):
        replace(stage, classifier=replace(stage.classifier, backbone="no_such_network")).check()
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check()


def test_a_file_of_weights_counts_by_its_bytes(stage: FitPairs):
    assert contents(stage) == {}
    weights = replace(stage, classifier=replace(stage.classifier, weights="/data/w.pt"))
    assert contents(weights) == {"classifier.weights": (Path("/data/w.pt"),)}


def test_it_starts_from_the_trained_backbone_and_freezes_what_it_is_told(stage: FitPairs, job: Job):
    trained = load_classifier(job, stage.classifier).backbone.state_dict()
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
    assert sorted(path.name for path in job.artifact.items.iterdir()) == [DESCRIPTION, WEIGHTS]
    assert read_json(job.artifact.items / DESCRIPTION)["backbone"] == stage.classifier.backbone
    network, normalisation = restored(stage.network, job.artifact.items)
    assert normalisation == stage.classifier.normalisation
    before = stage.module(job).network.state_dict()
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert any(not name.startswith("pyramid") for name in changed)
    assert any(name.startswith("pyramid") for name in changed) == (stage.fit.frozen_until is None)
