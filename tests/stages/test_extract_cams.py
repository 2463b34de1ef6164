"""extract_cams: every image's own classes, the same alone and in a batch."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from toy_runs import Run

from wsss.cams import CAM
from wsss.data.images import read_image
from wsss.engine.stage import Job, read_index
from wsss.errors import ModelError
from wsss.stages.extract_cams import ExtractCams
from wsss.stages.train_classifier import load_classifier
from wsss.store.files import read_scores


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
    index, network = work.index(), load_classifier(work, stage.classifier)
    for record in index.split("train"):
        maps = read_scores(step.artifact.items / f"{record.id}.npz")
        assert maps.classes == record.classes
        assert not maps.has_background
        assert maps.size == record.size
        assert tuple(maps.scores.shape[-2:]) == record.size.over(4)
        image = stage.classifier.normalisation(read_image(index.image_path(record)))[None]
        with torch.no_grad():
            (alone,) = stage.views(stage.cam, network, images=image, classes=[record.classes])
        torch.testing.assert_close(maps.scores, alone.scores, atol=2e-3, rtol=0)


def test_a_block_that_the_classifier_lacks_is_refused(stage: ExtractCams):
    stage.check()
    with pytest.raises(ModelError, match=r"cam\.block=block9 is not among this network's blocks: stem, block1"):
        replace(stage, cam=CAM(block="block9")).check()
