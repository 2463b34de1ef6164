"""How unlike the images learnt from an image is, seen while it is predicted."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.apps.predict import Predictor
from wsss.apps.predict.likeness import Likeness
from wsss.models.feature_statistics import pooled
from wsss.run.record import read_record
from wsss.views.segmentation import SegmentationViews

IMAGE = np.random.default_rng(0).integers(0, 256, size=(50, 70, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def predictor(toy_run: Run) -> Predictor:
    return Predictor.of(toy_run.out, device="cpu")


def features_of(predictor: Predictor, image: np.ndarray) -> np.ndarray:
    network: Any = predictor.network.network
    images = predictor.network.normalisation.of_images([image], device=torch.device("cpu"))
    with torch.no_grad():
        return pooled(network.encoder(network.padded(images)))[0]


@pytest.mark.parametrize("scales", [(1.0,), (0.5, 1.0), (0.5, 1.5)])
def test_an_image_is_seen_at_its_own_size_whatever_the_views(predictor: Predictor, scales: tuple[float, ...]):
    assert predictor.statistics is not None
    asked = replace(predictor.network, views=SegmentationViews(scales=scales))
    likeness = Likeness(asked, predictor.statistics)
    assert likeness.unlikeness is None
    maps = likeness.maps(IMAGE)
    assert torch.equal(maps.scores, asked.maps([IMAGE])[0].scores)
    expected = predictor.statistics.unlikeness(features_of(predictor, IMAGE))
    assert likeness.unlikeness == pytest.approx(expected, rel=1e-4)


def test_tiles_count_by_their_pixels(predictor: Predictor):
    assert predictor.statistics is not None
    likeness = Likeness(predictor.network, predictor.statistics)
    tiles = IMAGE[:, :64], IMAGE[:32, 40:]
    for tile in tiles:
        likeness.maps(tile)
    weights = [tile.shape[0] * tile.shape[1] for tile in tiles]
    mean = np.average([features_of(predictor, tile) for tile in tiles], axis=0, weights=weights)
    assert likeness.unlikeness == pytest.approx(predictor.statistics.unlikeness(mean), rel=1e-4)


def test_without_statistics_there_is_no_answer(predictor: Predictor):
    assert replace(predictor, statistics=None)(IMAGE).unlikeness is None


def test_a_white_image_is_unlike_the_scenes_and_a_scene_is_not(toy_run: Run, predictor: Predictor):
    index = read_record(toy_run.out).job("predict_masks").index()
    scenes = [predictor(index.pixels(record)).unlikeness or 0.0 for record in index.split("train")]
    white = predictor(np.full_like(index.pixels(index.split("train")[0]), 255)).unlikeness or 0.0
    assert np.mean(np.array(scenes) <= 1) >= 0.9
    assert white > max(scenes)
    assert white > 1
