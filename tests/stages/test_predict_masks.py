"""predict_masks: the strongest label of the merged views, refined if wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.data.images import read_image
from wsss.engine.stage import Job
from wsss.errors import ConfigError
from wsss.refine import ConstantBackground
from wsss.refine.base import Refine, Refiner
from wsss.stages.predict_masks import PredictMasks
from wsss.stages.train_segmenter import load_segmenter
from wsss.store.files import read_mask_item


@dataclass(frozen=True, kw_only=True)
class AllCat(Refiner):
    """Makes every pixel label 1."""

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        def apply(images: Any, every: Any) -> Any:
            return [
                replace(maps, scores=(maps.labels == 1).float()[:, None, None].expand_as(maps.scores)) for maps in every
            ]

        return apply


@dataclass(frozen=True, kw_only=True)
class NotHere(AllCat):
    def check(self) -> None:
        raise ConfigError(["refine: not here"])


@pytest.fixture
def job(toy_run: Run) -> Job:
    step = toy_run.plan()["predict_masks"]
    return Job(artifact=step.artifact, inputs=step.inputs)


@pytest.fixture
def stage(toy_run: Run) -> Any:
    return toy_run.plan()["predict_masks"].stage


def test_items_are_the_strongest_labels(job: Job, stage: PredictMasks):
    index, network = job.index(), load_segmenter(job, stage.segmenter)
    assert not network.training
    for record in index.split("val"):
        mask = read_mask_item(job.artifact.items / f"{record.id}.png")
        assert mask.shape == (record.size.height, record.size.width)
        normalise = stage.segmenter.normalisation(stage.classifier.normalisation)
        with torch.no_grad():
            scores = stage.views(network, normalise(read_image(index.image_path(record)))[None])[0]
        top = scores.topk(2, dim=0).values
        clear = (top[0] - top[1] > 1e-4).numpy()
        assert clear.mean() > 0.9
        assert (scores.argmax(dim=0).numpy() == mask)[clear].all()


def test_a_background_rule_is_refused(stage: PredictMasks):
    with pytest.raises(ConfigError, match=r"refine\.background: there is a background already"):
        replace(stage, refine={"background": ConstantBackground()}).check()


def test_refiners_come_before_the_decision(job: Job, stage: PredictMasks):
    opened = replace(stage, refine={"cat": AllCat()}).predictor(job, torch.device("cpu"))
    record = job.index().split("val")[0]
    images = [read_image(job.index().image_path(record))]
    (mask,) = opened.masks(images, opened.maps(images))
    assert np.unique(mask()).tolist() == [1]


def test_refiners_are_checked(stage: PredictMasks):
    with pytest.raises(ConfigError, match="refine: not here"):
        replace(stage, refine={"a": NotHere()}).check()
