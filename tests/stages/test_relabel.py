"""relabel: the network's answer, among what an image is known to show."""

from pathlib import Path

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.artifacts.formats import read_mask_item
from wsss.labels import BACKGROUND, label_of
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step
from wsss.stages.base import item_path, read_index
from wsss.stages.relabel import among
from wsss.types import ScoreMaps, Size

SIZE = Size(height=1, width=2)
MAPS = ScoreMaps(
    labels=torch.arange(4),
    scores=torch.tensor([[[0.1, 0.2]], [[0.3, 0.2]], [[0.4, 0.0]], [[0.2, 0.6]]]),
    size=SIZE,
)


def test_what_an_image_does_not_show_is_left_out_and_the_rest_sums_to_one():
    kept = among(MAPS, classes=(2, 0))
    assert kept.labels.tolist() == [0, 1, 3]
    assert torch.allclose(kept.scores[:, 0, 0], torch.tensor([1 / 6, 3 / 6, 2 / 6]))
    assert torch.allclose(kept.scores.sum(dim=0), torch.ones(1, 2))


def test_without_a_class_all_is_background():
    kept = among(MAPS, classes=())
    assert kept.labels.tolist() == [0]
    assert torch.equal(kept.scores, torch.ones(1, 1, 2))


def test_a_network_that_is_sure_of_something_else_makes_no_nan():
    sure = ScoreMaps(labels=torch.arange(2), scores=torch.tensor([[[0.0, 0.0]], [[1.0, 1.0]]]), size=SIZE)
    assert among(sure, classes=()).scores.isfinite().all()


@pytest.fixture
def plan(toy_run: Run, tmp_path: Path) -> dict[str, Step]:
    return toy_run.copied(tmp_path).plan("stages=selftrain")


def test_masks_hold_the_images_own_classes_only(plan: dict[str, Step]):
    make(plan["relabel"], crew=Here())
    index = read_index(plan["index_data"].artifact)
    for record in index.split("train"):
        found = read_mask_item(item_path(plan["relabel"].artifact, record, ".png"))
        assert set(np.unique(found)) <= {BACKGROUND, *map(label_of, record.classes)}


def test_the_second_network_learns_from_them_and_is_the_one_that_predicts(plan: dict[str, Step]):
    assert plan["retrain_segmenter"].inputs["masks"] == plan["relabel"].artifact
    assert plan["predict_masks"].inputs["segmenter"] == plan["retrain_segmenter"].artifact
    assert plan["retrain_segmenter"].artifact != plan["train_segmenter"].artifact
