"""Which of a run's networks says what an image shows."""

from pathlib import Path
from typing import Any

import torch
from stored_networks import tensors_of
from toy_runs import Run, finished

from wsss.apps.model.answering import answering, answering_artifact
from wsss.methods.representatives.network import BinaryClassifiers
from wsss.run.record import RunRecord, read_record
from wsss.stages.extract_cams import ExtractCams
from wsss.store.networks import WEIGHTS


def networks(record: RunRecord) -> tuple[Any, Any]:
    """What a run's maps are read from, and what says what an image shows."""
    stage, job = record.stage("extract_cams", ExtractCams), record.job("extract_cams")
    network = stage.network(job, torch.device("cpu"))
    return network.module, answering(network, stage, artifact=answering_artifact(record, job=job))


def trained_head(record: RunRecord, stage: str) -> torch.Tensor:
    file = "first.safetensors" if stage == "train_recam" else WEIGHTS
    return tensors_of(record.artifact(stage), file)["head.weight"]


def test_it_is_what_maps_are_read_from(toy_run: Run):
    network, found = networks(read_record(toy_run.out))
    assert found is network


def test_below_recam_it_is_the_first_head_of_the_second_training(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    record = read_record(finished(copy.store, copy.out, ("stages=recam",)).out)
    network, found = networks(record)
    trained = trained_head(record, "train_recam")
    assert torch.equal(found.head_weight, trained)
    assert not torch.equal(network.head_weight, trained), "maps are read with the second"
    assert not torch.equal(trained, trained_head(record, "train_classifier"))
    assert not any(module.training for module in found.modules())


def test_below_binary_classifiers_it_is_what_they_were_trained_from(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    options = ("stages=representatives", "pipeline.choose_representatives.count=1")
    record = read_record(finished(copy.store, copy.out, options).out)
    network, found = networks(record)
    assert isinstance(network, BinaryClassifiers)
    assert torch.equal(found.head_weight, trained_head(record, "train_classifier"))
