"""extract_cams: every image's own classes, the same alone and in a batch."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from toy_runs import Run, networks_of

from wsss.cams import CAA, CAM, GradCAM
from wsss.data.images import read_image
from wsss.engine.batch import Batch
from wsss.engine.stage import Job, read_index
from wsss.errors import ConfigError, ModelError
from wsss.models.base import PlannedNetworks
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.token_affinity import TokenAffinity
from wsss.stages.extract_cams import ExtractCams
from wsss.store.files import read_scores
from wsss.views import MultiScaleFlip


@pytest.fixture
def stage(toy_run: Run) -> Any:
    return toy_run.plan()["extract_cams"].stage


def test_images_of_one_size_share_a_pass(toy_run: Run, stage: ExtractCams):
    index = read_index(toy_run.plan()["index_data"].artifact)
    batches = stage.batches(index)
    assert {record.id for batch in batches for record in batch} == set(index.splits["train"])
    assert all(len({record.size for record in batch}) == 1 for batch in batches)
    assert 1 < max(len(batch) for batch in batches) <= stage.batch_size
    assert max(len(batch) for batch in replace(stage, batch_size=1).batches(index)) == 1


def test_items_are_the_views_maps_of_the_image_s_own_classes(toy_run: Run, stage: ExtractCams):
    step = toy_run.plan()["extract_cams"]
    work = Job(artifact=step.artifact, inputs=step.inputs)
    index, network = work.index(), work.network("classifier")
    for record in index.split("train"):
        maps = read_scores(step.artifact.items / f"{record.id}.npz")
        assert maps.classes == record.classes
        assert not maps.has_background
        assert maps.size == record.size
        assert tuple(maps.scores.shape[-2:]) == record.size.over(4)
        image = network.normalisation(read_image(index.image_path(record)))[None]
        with torch.no_grad():
            (alone,) = stage.views(stage.cam, network.module, images=image, classes=[record.classes])
        torch.testing.assert_close(maps.scores, alone.scores, atol=2e-3, rtol=0)


@dataclass(frozen=True, kw_only=True)
class Noted(MultiScaleFlip):
    """Notes how it is asked."""

    seen: list[Any] = field(default_factory=list)

    def __call__(self, *asked: Any, **words: Any) -> Any:
        half = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None
        self.seen.append((torch.is_inference_mode_enabled(), half))
        return super().__call__(*asked, **words)


@pytest.mark.parametrize(("cam", "inference"), [(CAM(), True), (GradCAM(), False)])
def test_precision_is_the_network_s_and_gradients_are_kept_for_methods_that_take_them(
    cam: Any, inference: bool, toy_run: Run, stage: ExtractCams
):
    step = toy_run.plan()["extract_cams"]
    job = Job(artifact=step.artifact, inputs=step.inputs)
    full, half = (
        replace(stage, cam=cam, views=Noted(scales=(1.0,)), precision=precision)
        for precision in ("32-true", "bf16-mixed")
    )
    index, device = job.index(), torch.device("cpu")
    record = index.split("train")[0]
    batch = Batch(records=(record,), images=(read_image(index.image_path(record)),))
    (exact,), (rounded,) = (each.maps(each.network(job, device), batch, device=device) for each in (full, half))
    assert full.views.seen == [(inference, None)]
    assert half.views.seen == [(inference, torch.bfloat16)]
    assert rounded.scores.dtype == torch.float32
    assert not torch.equal(rounded.scores, exact.scores)
    torch.testing.assert_close(rounded.scores, exact.scores, atol=0.1, rtol=0)


def test_a_block_that_the_classifier_lacks_is_refused(toy_run: Run, stage: ExtractCams):
    read = networks_of(toy_run.plan(), "extract_cams")
    stage.check_inputs(read)
    with pytest.raises(ModelError, match=r"cam\.block=block9 is not among this network's blocks: stem, block1"):
        replace(stage, cam=CAM(block="block9")).check_inputs(read)


def test_weights_that_the_network_will_not_have_are_refused(toy_run: Run, stage: ExtractCams):
    with pytest.raises(ConfigError, match=r"weights: there are no 'second'; there are: last"):
        replace(stage, weights="second").check_inputs(networks_of(toy_run.plan(), "extract_cams"))
    read = networks_of(toy_run.plan("stages=recam"), "extract_cams")
    replace(stage, weights="second").check_inputs(read)
    with pytest.raises(ConfigError, match=r"weights: there are no 'third'; there are: first, second, product"):
        replace(stage, weights="third").check_inputs(read)


def test_a_network_that_cannot_be_cut_is_refused(toy_run: Run, stage: ExtractCams):
    segmenter = networks_of(toy_run.plan(), "predict_masks")["segmenter"]
    with pytest.raises(ModelError, match=r"reads\.classifier: a SegmentationNetwork cannot be cut"):
        stage.check_inputs(PlannedNetworks(classifier=segmenter))


AFFINITY = TokenAffinity(backbone=FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=1))


def test_maps_are_carried_along_another_network_s_affinity(toy_run: Run, stage: ExtractCams):
    """The classifier does not attend, and its maps are spread by CAA."""
    step = toy_run.plan()["extract_cams"]
    job, device = Job(artifact=step.artifact, inputs=step.inputs), torch.device("cpu")
    changed = replace(stage, cam=CAA(base=CAM()), affinity=AFFINITY, views=MultiScaleFlip(scales=(1.0,), flip=False))
    changed.check()
    changed.check_inputs(networks_of(toy_run.plan(), "extract_cams"))
    index = job.index()
    record = next(record for record in index.split("train") if record.classes)
    batch = Batch(records=(record,), images=(read_image(index.image_path(record)),))
    (maps,) = changed.maps(changed.network(job, device), batch, device=device)
    network = job.network("classifier")
    images = network.normalisation(batch.images[0])[None]
    related = AFFINITY.beside(network.module, normalisation=network.normalisation)
    (expected,) = changed.views(changed.cam, related, images=images, classes=[record.classes])
    torch.testing.assert_close(maps.scores, expected.scores, atol=1e-5, rtol=1e-4)
    with pytest.raises(ModelError, match="attention"):
        replace(changed, affinity=None).check_inputs(networks_of(toy_run.plan(), "extract_cams"))


def test_an_affinity_without_effect_or_without_weights_is_refused(stage: ExtractCams):
    with pytest.raises(ConfigError, match=r"affinity: CAM does not carry maps along an affinity: use cam=caa"):
        replace(stage, cam=CAM(), affinity=AFFINITY).check()
    missing = replace(AFFINITY, backbone=replace(AFFINITY.backbone, weights="missing.safetensors"))
    with pytest.raises(ModelError, match=r"missing\.safetensors"):
        replace(stage, cam=CAA(base=CAM()), affinity=missing).check()
