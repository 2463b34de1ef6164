"""train_classifier: what is refused before it starts, what it trains and on which images."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import Run, drawn_index

from wsss.data.class_notes import index_notes
from wsss.engine.stage import Job, read_index
from wsss.errors import ConfigError, DataError, ModelError
from wsss.stages.train_classifier import TrainClassifier
from wsss.store.fingerprint import contents
from wsss.store.store import Store


@pytest.fixture
def job(toy_run: Run) -> Job:
    step = toy_run.plan()["train_classifier"]
    return Job(artifact=step.artifact, inputs=step.inputs)


@pytest.fixture
def stage(toy_run: Run) -> Any:
    return toy_run.plan()["train_classifier"].stage


def test_what_cannot_be_had_is_refused_before(stage: TrainClassifier):
    stage.check()
    with pytest.raises(ModelError, match="no_such_network"):
        replace(stage, classifier=replace(stage.classifier, backbone="no_such_network")).check()
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check()


def test_data_that_cannot_be_learnt_from_are_refused(stage: TrainClassifier, tmp_path: Path):
    store = Store(root=tmp_path)
    splits = {"train": ("a", "b", "c", "d"), "val": ("a",)}
    good = read_index(drawn_index(store, {i: [[0, 1]] for i in "abcd"}, **splits))
    stage.check_index(good)
    with pytest.raises(
        ConfigError, match=r"limits\.batch_size: 4 is more than the 3 images of split 'train': use at most 3"
    ):
        stage.check_index(replace(good, splits={"train": ("a", "b", "c"), "val": ("d",)}))
    with pytest.raises(DataError, match="there is no split 'val'; this data set has: train: choose"):
        stage.check_index(replace(good, splits={"train": good.splits["train"]}))
    negatives = read_index(drawn_index(store, {i: [[0, 0]] for i in "abcd"}, **splits))
    with pytest.raises(DataError, match="no image of split 'train' shows any class: give images their labels"):
        stage.check_index(negatives)


def test_classes_that_nothing_shows_are_named(tmp_path: Path):
    index = read_index(drawn_index(Store(root=tmp_path), {"a": [[0, 2]], "b": [[1]]}, train=("a",), val=("b",)))
    assert index_notes(index, split="train")[0].startswith("no image of split 'train' shows cat: this cannot be learnt")
    assert index_notes(index, split="val")[0].startswith("no image of split 'val' shows dog")


def test_a_file_of_weights_counts_by_its_bytes(stage: TrainClassifier):
    assert contents(stage) == {}
    weights = replace(stage, classifier=replace(stage.classifier, weights="/data/w.pt"))
    assert contents(weights) == {"classifier.weights": (Path("/data/w.pt"),)}


def test_frozen_blocks_are_not_trained(stage: TrainClassifier, job: Job):
    frozen = replace(stage, fit=replace(stage.fit, frozen_until="block1")).module(job)
    names = {name for name, p in frozen.network.backbone.named_parameters() if not p.requires_grad}
    assert {name.split(".")[0] for name in names} == {"conv_stem", "bn1", "blocks"}
    assert all(name.startswith(("conv_stem", "bn1", "blocks.0")) for name in names)
    assert all(p.requires_grad for p in frozen.network.head_parameters())
    assert all(p.requires_grad for p in stage.module(job).network.parameters())


def test_it_trains_on_one_split_and_is_judged_on_another(stage: TrainClassifier, job: Job):
    data = stage.data(job)
    assert data.steps == 2  # 8 images in batches of 4
    assert data.has_validation
    assert len(replace(stage, train_split="val").data(job)._train) == 4


def test_the_summary_says_how_good_it_is(toy_run: Run):
    summary = toy_run.plan()["train_classifier"].artifact.manifest().summary
    assert summary["steps"] == 2
    assert summary["parameters"] > 100_000
    assert 0 <= summary["metrics"]["val/map"] <= 1
    assert summary["notes"] == []


def test_the_trained_network_is_loaded_in_eval_mode(toy_run: Run):
    step = toy_run.plan()["extract_cams"]
    network = Job(artifact=step.artifact, inputs=step.inputs).network("classifier").module
    assert not any(module.training for module in network.modules())
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 4)
