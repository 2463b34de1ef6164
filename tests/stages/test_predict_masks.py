"""predict_masks: the strongest label of the merged views, refined if wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run, contents

from wsss.artifacts.formats import read_mask_item
from wsss.data.images import read_image
from wsss.errors import ConfigError
from wsss.refine import ConstantBackground, DenseCRF
from wsss.refine.base import Refine, Refiner
from wsss.stages.base import Job
from wsss.stages.predict_masks import MaskWriter, PredictMasks
from wsss.stages.train_segmenter import load_segmenter


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


def test_refiners_come_before_the_decision(job: Job, stage: PredictMasks, tmp_path: Path):
    opened = replace(stage, refine={"cat": AllCat()}).predictor(job, torch.device("cpu"))
    record = job.index().split("val")[0]
    (result,) = opened.compute([opened.load(record)])
    opened.write(tmp_path / "a.png", result)
    assert np.unique(read_mask_item(tmp_path / "a.png")).tolist() == [1]


def crf_behind(stage: PredictMasks, *, workers: int) -> PredictMasks:
    crf = DenseCRF(unary="scores", iterations=2, backend="torch")
    return replace(stage, refine={"crf": crf}, runtime=replace(stage.runtime, workers=workers))


def test_without_a_gpu_refiners_take_turns_with_the_network(job: Job, stage: PredictMasks):
    opened = crf_behind(stage, workers=1).open(job, torch.device("cpu"))
    assert len(opened.steps) == 1
    assert opened.writer is None


def test_a_writer_of_its_own_process_writes_what_the_predictor_does(job: Job, stage: PredictMasks, tmp_path: Path):
    behind = crf_behind(stage, workers=1)
    writer = MaskWriter(job=job, refiners=tuple(behind.refine.values()))
    predictor, plain = (each.predictor(job, torch.device("cpu")) for each in (behind, stage))
    image = predictor.load(predictor.index.split("val")[0])
    predictor.write(tmp_path / "a.png", *predictor.compute([image]))
    writer.open()(tmp_path / "b.png", *plain.compute([image]))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_gpu_is_given_the_refiners_that_it_serves_up_to_the_first_that_it_does_not(stage: PredictMasks):
    crf, cpu = DenseCRF(backend="torch"), AllCat()
    served = {
        (): 0,
        (crf,): 1,
        (crf, crf, cpu, crf): 2,
        (cpu, crf): 0,
    }
    for chain, count in served.items():
        refine = {str(place): refiner for place, refiner in enumerate(chain)}
        assert replace(stage, refine=refine).served(torch.device("cuda")) == count
        assert replace(stage, refine=refine).served(torch.device("cpu")) == len(chain)


def test_any_number_of_workers_writes_what_one_image_at_a_time_gives(toy_run: Run, tmp_path: Path):
    step = toy_run.copied(tmp_path).plan()["predict_masks"]
    plain: Any = step.stage
    found = {}
    for workers in (1, 2):
        stage = crf_behind(plain, workers=workers)
        artifact = replace(step.artifact, path=tmp_path / str(workers))
        stage.run(Job(artifact=artifact, inputs=step.inputs))
        found[workers] = contents(artifact.items)
    assert found[1] == found[2]
    assert found[1] != contents(step.artifact.items)
    predictor = crf_behind(plain, workers=1).predictor(Job(artifact=artifact, inputs=step.inputs), torch.device("cpu"))
    for record in predictor.index.union(plain.splits):
        (result,) = predictor.compute([predictor.load(record)])
        predictor.write(tmp_path / "alone.png", result)
        assert (tmp_path / "alone.png").read_bytes() == found[1][f"{record.id}.png"]


def test_refiners_are_checked(stage: PredictMasks):
    with pytest.raises(ConfigError, match="refine: not here"):
        replace(stage, refine={"a": NotHere()}).check()
