"""Heads: which class weights maps are read with."""

from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from networks import CLASSES, small_timm_network
from toy_runs import Run, job, made

from wsss.engine.fit import save_weights, write_weights
from wsss.engine.stage import Job
from wsss.errors import ConfigError, StoreError
from wsss.methods.recam.head import ReCAMHead
from wsss.methods.recam.stage import SECOND
from wsss.models.classifier import ClassifierOptions, GAPClassifier
from wsss.protocols import LinearHead
from wsss.store.kinds import NETWORK
from wsss.store.store import Artifact, Store

OPTIONS = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)


@pytest.fixture
def trained() -> GAPClassifier:
    return small_timm_network()


@pytest.fixture
def second() -> torch.nn.Linear:
    return torch.nn.Linear(small_timm_network().channels, CLASSES, bias=False)


@pytest.fixture
def artifact(tmp_path: Path, trained: GAPClassifier, second: torch.nn.Linear) -> Artifact:
    artifact = Store(root=tmp_path).artifact("train_recam", "0" * 16)
    write_weights(second, artifact, name=SECOND)
    save_weights(trained, artifact)
    return made(artifact, NETWORK)


@pytest.fixture
def work(artifact: Artifact, toy_run: Run, tmp_path: Path) -> Job:
    index = toy_run.plan()["index_data"].artifact
    return job(Store(root=tmp_path), "extract_cams", index=index, classifier=artifact)


@pytest.mark.parametrize("weights", ["first", "second", "product"])
def test_the_chosen_weights_stand_above_the_trained_backbone(
    weights: Literal["first", "second", "product"], work: Job, trained: GAPClassifier, second: torch.nn.Linear
):
    network = ReCAMHead(weights=weights).open(OPTIONS, work)
    own = trained.head.weight
    expected = {"first": own, "second": second.weight, "product": own * second.weight}[weights]
    assert torch.equal(network.head_weight, expected)
    assert not any(module.training for module in network.modules())
    backbone = trained.backbone.state_dict()
    assert all(torch.equal(tensor, backbone[name]) for name, tensor in network.backbone.state_dict().items())


def test_a_classifier_without_a_second_head_is_refused(toy_run: Run):
    step = toy_run.plan()["extract_cams"]
    with pytest.raises(ConfigError, match=r"reads\.classifier: train_classifier has one head only: read train_recam"):
        ReCAMHead().open(OPTIONS, Job(artifact=step.artifact, inputs=step.inputs))


def test_a_torn_second_head_is_named(work: Job, artifact: Artifact):
    (artifact.items / SECOND).write_bytes(b"torn")
    with pytest.raises(StoreError, match=r"second\.pt holds no weights"):
        ReCAMHead().open(OPTIONS, work)


def test_extraction_asks_the_chosen_head(toy_run: Run, work: Job, trained: GAPClassifier):
    stage: Any = toy_run.plan("stages=recam")["extract_cams"].stage
    extractor = stage.open(work, torch.device("cpu"))
    assert not torch.equal(extractor.network.head_weight, trained.head_weight)
    assert torch.equal(extractor.network.head_weight, ReCAMHead().open(OPTIONS, work).head_weight)


def test_an_outline_tells_what_fits():
    assert isinstance(ReCAMHead().outline(OPTIONS), LinearHead)
