"""predict_masks: the strongest label of the merged views, refined if wanted."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run, networks_of

from wsss.data.images import read_image
from wsss.engine.batch import Batch
from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError
from wsss.models.base import PlannedNetworks
from wsss.refine import ClassifierPrior, ConstantBackground, RegionVotes
from wsss.refine.base import Inputs, Refine, Refiner
from wsss.stages.predict_masks import PredictMasks
from wsss.store.files import read_mask_item


@dataclass(frozen=True, kw_only=True)
class AllCat(Refiner):
    """Makes every pixel label 1."""

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        def apply(images: Any, every: Any) -> Any:
            return [
                replace(maps, scores=(maps.labels == 1).float()[:, None, None].expand_as(maps.scores)) for maps in every
            ]

        return apply


@dataclass(frozen=True, kw_only=True)
class NotHere(AllCat):
    def check(self) -> None:
        raise ConfigError(["refine: not here"])


@dataclass(frozen=True, kw_only=True)
class NextLabel(Refiner):
    """Gives each label the scores of the one before it."""

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        return lambda images, every: [replace(maps, scores=maps.scores.roll(1, dims=0)) for maps in every]


class Broken(torch.nn.Module):
    """Answers at one pixel with what is not a number."""

    def segment(self, images: Any) -> Any:
        answer = images[:, :2].clone()
        answer[:, :, 0, 0] = torch.nan
        return answer


@pytest.fixture
def job(toy_run: Run) -> Job:
    step = toy_run.plan()["predict_masks"]
    return Job(artifact=step.artifact, inputs=step.inputs)


@pytest.fixture
def stage(toy_run: Run) -> Any:
    return toy_run.plan()["predict_masks"].stage


def test_items_are_the_strongest_labels(job: Job, stage: PredictMasks):
    index, network = job.index(), job.network("segmenter")
    assert not network.module.training
    for record in index.split("val"):
        mask = read_mask_item(job.artifact.items / f"{record.id}.png")
        assert mask.shape == (record.size.height, record.size.width)
        with torch.no_grad():
            scores = stage.views(
                network.module.segment, network.normalisation(read_image(index.image_path(record)))[None]
            )[0]
        top = scores.topk(2, dim=0).values
        clear = (top[0] - top[1] > 1e-4).numpy()
        assert clear.mean() > 0.9
        assert (scores.argmax(dim=0).numpy() == mask)[clear].all()


def test_a_network_that_answers_with_what_is_not_a_number_is_refused(job: Job, stage: PredictMasks):
    broken = replace(stage.predictor(job, torch.device("cpu")), network=Broken())
    later = broken.decided([np.zeros((8, 12, 3), dtype=np.uint8)])
    with pytest.raises(ValueError, match="not a number"):
        later[0]()


def test_precision_is_the_network_s_and_refiners_may_write_into_scores(job: Job, stage: PredictMasks):
    record = job.index().split("val")[0]
    images = [read_image(job.index().image_path(record))]
    exact, rounded = (
        replace(stage, precision=precision).predictor(job, torch.device("cpu")).maps(images)[0].scores
        for precision in ("32-true", "bf16-mixed")
    )
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, atol=0.1, rtol=0)
    assert exact.mul_(0).sum() == 0


def test_a_background_rule_is_refused(stage: PredictMasks):
    with pytest.raises(ConfigError, match=r"refine\.background: there is a background already"):
        replace(stage, refine={"background": ConstantBackground()}).check()


def test_refiners_come_before_the_decision(job: Job, stage: PredictMasks):
    opened = replace(stage, refine={"cat": AllCat()}).predictor(job, torch.device("cpu"))
    record = job.index().split("val")[0]
    images = [read_image(job.index().image_path(record))]
    (mask,) = opened.masks(images, opened.maps(images))
    assert np.unique(mask()).tolist() == [1]
    twice = replace(stage, refine={"cat": AllCat(), "next": NextLabel(), "one more": NextLabel()})
    batch = Batch(records=(record,), images=(images[0],))
    (mask,) = twice.open(job, torch.device("cpu"))(batch)
    assert np.unique(mask()).tolist() == [3], "each refiner gets what the one before it left"


def test_refiners_are_checked(stage: PredictMasks):
    with pytest.raises(ConfigError, match="refine: not here"):
        replace(stage, refine={"a": NotHere()}).check()


def test_networks_that_do_not_serve_are_refused(toy_run: Run, stage: PredictMasks):
    read = networks_of(toy_run.plan(), "predict_masks")
    stage.check_inputs(read)
    classifier = networks_of(toy_run.plan(), "extract_cams")["classifier"]
    with pytest.raises(ModelError, match=r"reads\.segmenter: a LayeredClassifier does not segment"):
        stage.check_inputs(PlannedNetworks(segmenter=classifier))
    prior = replace(stage, refine={"prior": ClassifierPrior()})
    prior.check_inputs(PlannedNetworks(segmenter=read["segmenter"], classifier=classifier))
    with pytest.raises(ModelError, match=r"reads\.classifier: a SegmentationNetwork does not say what an image shows"):
        prior.check_inputs(PlannedNetworks(segmenter=read["segmenter"], classifier=read["segmenter"]))
    with pytest.raises(ConfigError, match=r"reads\.segmenter: this stage makes no network"):
        stage.check_inputs(PlannedNetworks())


def test_refiners_of_what_a_stage_made_of_each_image_are_refused():
    stage = PredictMasks(reads={"index": "index_data", "segmenter": "s"}, refine={"votes": RegionVotes()})
    with pytest.raises(ConfigError, match=r"refine\.votes: it reads what a stage made of each image, which new images"):
        stage.check()


def test_no_split_is_refused():
    with pytest.raises(ConfigError, match=r"splits must name one split or more, such as \[val\]; got none"):
        PredictMasks(splits=()).check()
