"""Heads: which class weights maps are read with."""

from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from networks import CLASSES, small_timm_network
from toy_runs import Run, job, made

from wsss.artifacts.formats import write_json
from wsss.artifacts.store import Artifact, Store
from wsss.errors import ConfigError, StoreError
from wsss.models.classifier import Classifier, GAPClassifier
from wsss.models.weights import WEIGHTS
from wsss.stages.base import Job
from wsss.stages.choose_representatives import CHOSEN
from wsss.stages.fit import save_weights, write_weights
from wsss.stages.heads import BinaryHeads, ReCAMHead
from wsss.stages.train_recam import SECOND
from wsss.types import LinearHead

OPTIONS = Classifier(backbone="mobilenetv3_small_050", weights="none", output_stride=32)


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
    return made(artifact)


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


@pytest.mark.parametrize("networks", ["shared", "own"])
def test_binary_heads_are_each_class_s_lead(networks: Literal["shared", "own"], toy_run: Run, tmp_path: Path):
    index = toy_run.plan()["index_data"].artifact
    store = Store(root=tmp_path)
    representatives, trained = store.artifact("choose", "0" * 16), store.artifact("train", "0" * 16)
    representatives.items.mkdir(parents=True)
    classes = job(store, "x", index=index).index().classes
    # 0 and 1 against each other, 2 and 3 against 0: pairs (0, 1), (0, 2), (0, 3).
    names = {classes[c]: [classes[r]] for c, r in enumerate((1, 0, 0, 0))}
    write_json(representatives.items / CHOSEN, names)
    weight = torch.randn(6, small_timm_network().channels)
    files = (
        {WEIGHTS: weight}
        if networks == "shared"
        else dict(zip(("0-1.pt", "0-2.pt", "0-3.pt"), weight.split(2), strict=True))
    )
    for name, part in files.items():
        network = OPTIONS.build(len(part))
        network.head.weight.data.copy_(part)
        write_weights(network, trained, name=name)
    heads = BinaryHeads(networks=networks)
    asked = job(store, "extract_cams", index=index, classifier=made(trained), representatives=made(representatives))
    found = heads.open(OPTIONS, asked)
    assert len(found.networks) == (1 if networks == "shared" else 3)
    assert not any(module.training for module in found.modules())
    expected = [weight[0] - weight[1], weight[1] - weight[0], weight[3] - weight[2], weight[5] - weight[4]]
    for cls, lead in enumerate(expected):
        ((network, logit),) = found.binary(cls)
        assert torch.equal(network.head_weight[logit], lead)


def test_outlines_tell_what_fits():
    assert isinstance(ReCAMHead().outline(OPTIONS), LinearHead)
    outline = BinaryHeads().outline(OPTIONS)
    assert outline.blocks == OPTIONS.outline().blocks
    assert not isinstance(outline, LinearHead)
