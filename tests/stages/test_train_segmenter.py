"""train_segmenter: what is refused before it starts, where its encoder starts and what it learns from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_runs import Run, networks_of

from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError
from wsss.models.base import PlannedNetworks
from wsss.models.weights.initial import canonical
from wsss.stages.train_segmenter import RetrainSegmenter, TrainSegmenter
from wsss.store.files import read_mask_item
from wsss.store.fingerprint import contents
from wsss.store.kinds import MASKS
from wsss.training.options import Limits


@pytest.fixture
def job(toy_run: Run) -> Job:
    step = toy_run.plan()["train_segmenter"]
    return Job(artifact=step.artifact, inputs=step.inputs)


@pytest.fixture
def stage(toy_run: Run) -> Any:
    return toy_run.plan()["train_segmenter"].stage


def test_what_cannot_be_built_is_refused_before(stage: TrainSegmenter):
    stage.check()
    with pytest.raises(ModelError, match="smp has no 'Vnet'"):
        replace(stage, segmenter=replace(stage.segmenter, architecture="Vnet")).check()
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check()


def test_a_classifier_whose_backbone_is_another_is_refused(toy_run: Run, stage: TrainSegmenter):
    read = networks_of(toy_run.plan(), "train_segmenter")
    stage.check_inputs(read)
    with pytest.raises(ModelError, match="the encoder that fits is tu-mobilenetv3_small_050"):
        replace(stage, segmenter=replace(stage.segmenter, encoder="tu-resnet10t")).check_inputs(read)
    replace(stage, segmenter=replace(stage.segmenter, encoder="tu-resnet10t", encoder_weights="none")).check_inputs(
        read
    )


def test_a_second_training_goes_on_with_the_network_of_the_first(toy_run: Run):
    plan = toy_run.plan("stages=selftrain")
    stage: Any = plan["retrain_segmenter"].stage
    assert isinstance(stage, RetrainSegmenter)
    read = networks_of(plan, "retrain_segmenter")
    stage.check_inputs(read)
    assert stage.planned_network(read) == read["segmenter"]
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        replace(stage, fit=replace(stage.fit, frozen_until="block77")).check_inputs(read)
    with pytest.raises(ModelError, match=r"reads\.segmenter: ClassifierOptions build another network"):
        stage.check_inputs(PlannedNetworks(segmenter=networks_of(plan, "extract_cams")["classifier"]))


def test_one_image_at_a_time_is_refused_where_batch_norm_learns_nothing_from_it(stage: TrainSegmenter):
    stage = replace(stage, limits=Limits())
    deep = replace(stage.segmenter, architecture="DeepLabV3Plus", output_stride=16, options={})
    with pytest.raises(
        ConfigError, match=r"fit\.batch_size: 1 leaves a batch norm of DeepLabV3Plus one value a channel"
    ):
        replace(stage, segmenter=deep, fit=replace(stage.fit, batch_size=1)).check()
    replace(stage, segmenter=deep, fit=replace(stage.fit, batch_size=2)).check()
    assert stage.segmenter.architecture == "Unet"
    replace(stage, fit=replace(stage.fit, batch_size=1)).check()


def test_a_file_of_weights_counts_by_its_bytes(stage: TrainSegmenter):
    assert contents(stage) == {}
    weights = replace(stage, segmenter=replace(stage.segmenter, encoder_weights="/data/w.pt"))
    assert contents(weights) == {"segmenter.encoder_weights": (Path("/data/w.pt"),)}


def test_the_encoder_starts_as_the_trained_classifier(stage: TrainSegmenter, job: Job):
    encoder = stage.module(job).network.encoder.state_dict()
    backbone = job.network("classifier").module.backbone.state_dict()
    trained = {canonical(name): tensor for name, tensor in backbone.items()}
    assert all(torch.equal(tensor, trained[canonical(name)]) for name, tensor in encoder.items())


def test_frozen_blocks_are_not_trained(stage: TrainSegmenter, job: Job):
    network = replace(stage, fit=replace(stage.fit, frozen_until="stem")).module(job).network
    frozen = {name for name, p in network.encoder.named_parameters() if not p.requires_grad}
    assert frozen == {"model.conv_stem.weight", "model.bn1.weight", "model.bn1.bias"}
    assert all(p.requires_grad for p in network.decoder_parameters())


def test_it_learns_from_the_masks_that_were_made(stage: TrainSegmenter, job: Job):
    data = stage.data(job)
    assert not data.has_validation
    assert data.steps == 2
    record = job.index().split("train")[0]
    path = job.items("masks", MASKS).place(record)
    own = replace(stage.fit.transform, flip=0.0, scale=(1.0, 1.0), crop=64)
    sample = replace(stage, fit=replace(stage.fit, transform=own)).data(job)._train[0, 0]
    labels = sample.labels[sample.labels != 255]
    assert sorted(labels.tolist()) == sorted(read_mask_item(path).ravel().tolist())
