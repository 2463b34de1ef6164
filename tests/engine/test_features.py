"""Features of the images learnt from: which are looked at, and what is kept beside the weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from toy_runs import Run

from wsss.engine import features
from wsss.engine.features import chosen, keep_features
from wsss.engine.stage import Job
from wsss.models.feature_statistics import FeatureStatistics, pooled
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.run.record import read_record
from wsss.store.feature_statistics import FILE, read_statistics
from wsss.store.store import Store


@pytest.fixture
def trained(toy_run: Run) -> tuple[Any, Job]:
    step = toy_run.plan()["train_segmenter"]
    return step.stage, Job(artifact=step.artifact, inputs=step.inputs)


def test_a_training_keeps_those_of_the_network_that_it_ends_with(toy_run: Run):
    job = read_record(toy_run.out).job("predict_masks")
    trained, index = job.network("segmenter"), job.index()
    network: Any = trained.module
    rows = []
    for record in index.split("train"):
        images = trained.normalisation.of_images([index.pixels(record)], device=torch.device("cpu"))
        with torch.no_grad():
            rows.append(pooled(network.encoder(network.padded(images)))[0])
    expected, kept = FeatureStatistics.of(np.stack(rows)), read_statistics(job.inputs["segmenter"])
    assert kept is not None
    np.testing.assert_allclose(kept.mean, expected.mean, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(kept.variance, expected.variance, rtol=1e-2, atol=1e-7)
    assert kept.limit == pytest.approx(expected.limit, rel=1e-2)


def test_of_too_few_images_nothing_is_kept(trained: tuple[Any, Job], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    stage, job = trained
    artifact = Store(root=tmp_path).artifact("train_segmenter", "0" * 16)
    monkeypatch.setattr(features, "MOST", 7)
    keep_features(stage, replace(job, artifact=artifact), SegmentationNetwork(nn.Identity()))
    assert not (artifact.items / FILE).exists()


def test_some_images_are_looked_at_the_same_for_a_seed(trained: tuple[Any, Job], monkeypatch: pytest.MonkeyPatch):
    records = trained[1].index().split("train")
    assert chosen(records, random_seed=0) == list(records)
    monkeypatch.setattr(features, "MOST", 5)
    first, other = (chosen(records, random_seed=seed) for seed in (0, 1))
    assert len(first) == 5
    assert first == chosen(records, random_seed=0) == [record for record in records if record in first]
    assert first != other
