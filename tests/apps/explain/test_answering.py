"""Which of a run's networks says what an image shows."""

from pathlib import Path

import torch
from toy_runs import Run, finished

from wsss.apps.explain.answering import answering
from wsss.methods.representatives.network import BinaryClassifiers
from wsss.run.record import RunRecord, read_record
from wsss.stages.extract_cams import CamExtractor, ExtractCams


def opened(run: Run) -> tuple[RunRecord, CamExtractor]:
    record = read_record(run.out)
    return record, record.stage("extract_cams", ExtractCams).open(record.job("extract_cams"), torch.device("cpu"))


def trained_head(record: RunRecord, stage: str) -> torch.Tensor:
    head: torch.Tensor = torch.load(record.artifact(stage).items / "weights.pt")["head.weight"]
    return head


def test_it_is_what_maps_are_read_from(toy_run: Run):
    record, extractor = opened(toy_run)
    assert answering(record, extractor, job=record.job("extract_cams")) is extractor.network


def test_below_recam_it_is_the_first_head_of_the_second_training(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    record, extractor = opened(finished(copy.store, copy.out, ("stages=recam",)))
    found = answering(record, extractor, job=record.job("extract_cams"))
    trained = trained_head(record, "train_recam")
    assert torch.equal(found.head_weight, trained)
    assert not torch.equal(extractor.network.head_weight, trained), "maps are read with the second"
    assert not torch.equal(trained, trained_head(record, "train_classifier"))
    assert not any(module.training for module in found.modules())


def test_below_binary_classifiers_it_is_what_they_were_trained_from(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    options = ("stages=representatives", "pipeline.choose_representatives.count=1")
    record, extractor = opened(finished(copy.store, copy.out, options))
    assert isinstance(extractor.network, BinaryClassifiers)
    found = answering(record, extractor, job=record.job("extract_cams"))
    assert torch.equal(found.head_weight, trained_head(record, "train_classifier"))
