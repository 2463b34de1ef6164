"""The network of a finished run on images: as the run's own stage, and in tiles."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from networks import shake
from torch import Tensor, nn
from toy_runs import Run

from wsss.apps.predict import Area, Prediction, Predictor
from wsss.data.images import read_image, reduced
from wsss.errors import StoreError
from wsss.models.feature_statistics import FeatureStatistics
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.run.record import read_record
from wsss.stages.predict_masks import MaskPredictor
from wsss.store.files import read_mask_item
from wsss.store.networks import WEIGHTS
from wsss.tiles import Tiles


@pytest.fixture(scope="module")
def predictor(toy_run: Run) -> Predictor:
    return Predictor.of(toy_run.out, device="cpu")


def test_it_answers_as_the_runs_own_stage(toy_run: Run, predictor: Predictor) -> None:
    job = read_record(toy_run.out).job("predict_masks")
    index = job.index()
    assert predictor.classes == index.classes
    for record in index.split("val"):
        prediction = predictor(read_image(index.image_path(record)))
        stored = read_mask_item(job.artifact.items / f"{record.id}.png")
        # Batches of other sizes may differ in the last bits, and so where two labels are equally strong.
        assert (prediction.labels == stored).mean() > 0.999
        assert prediction.confidence.min() >= 1 / (1 + len(index.classes)) - 1e-3


def test_a_large_image_is_seen_reduced_and_its_mask_has_its_own_size(predictor: Predictor) -> None:
    small = np.random.default_rng(0).integers(0, 256, size=(48, 64, 3), dtype=np.uint8)
    large = small.repeat(3, axis=0).repeat(3, axis=1)
    seen = replace(predictor, long_side=64)
    answer, expected = seen(large), seen(reduced(large, 64))
    assert answer.labels.shape == large.shape[:2]
    assert (answer.labels == expected.labels.repeat(3, axis=0).repeat(3, axis=1)).all()
    assert (answer.confidence == expected.confidence.repeat(3, axis=0).repeat(3, axis=1)).all()


def test_areas_by_hand() -> None:
    prediction = Prediction(
        classes=("cat", "dog", "cow"),
        labels=np.array([[0, 3, 3], [0, 1, 3]], dtype=np.uint8),
        confidence=np.array([[1.0, 0.5, 0.75], [1.0, 0.5, 0.25]], dtype=np.float16),
    )
    assert prediction.areas() == {
        "cat": Area(pixels=1, fraction=1 / 6, confidence=0.5),
        "cow": Area(pixels=3, fraction=0.5, confidence=0.5),
    }
    assert list(prediction.areas()) == ["cat", "cow"]
    assert prediction.mean_confidence == 4.0 / 6


def test_an_image_of_background_has_no_areas() -> None:
    nothing = np.zeros((2, 2), dtype=np.uint8)
    prediction = Prediction(classes=("cat",), labels=nothing, confidence=np.ones((2, 2), dtype=np.float16))
    assert prediction.areas() == {}


class Local(nn.Module):
    """Looks one pixel around."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(3, labels, 3, padding=1)
        self.encoder.output_stride = 1
        shake(self)

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder(images)


@dataclass(frozen=True, kw_only=True)
class Counting(MaskPredictor):
    """Notes the sizes that it is asked for."""

    asked: list[tuple[int, ...]] = field(default_factory=list)

    def maps(self, images: Any) -> Any:
        self.asked.append(images[0].shape[:2])
        return super().maps(images)


def test_tiles_and_the_whole_answer_the_same(predictor: Predictor) -> None:
    network = replace(predictor.network, network=SegmentationNetwork(Local(len(predictor.classes) + 1)))
    ones = np.ones(len(predictor.classes) + 1, dtype=np.float32)
    known = FeatureStatistics(mean=0 * ones, variance=ones, limit=1.0)
    tiled = replace(predictor, network=network, statistics=known, tiles=Tiles(side=256))
    whole = replace(tiled, tiles=Tiles(side=1024))
    image = np.random.default_rng(0).integers(0, 256, size=(300, 520, 3), dtype=np.uint8)
    one, other = tiled(image), whole(image)
    np.testing.assert_allclose(one.confidence, other.confidence, atol=2e-3)
    assert (one.labels == other.labels).mean() > 0.9999
    assert len(np.unique(other.labels)) > 1
    assert one.unlikeness == pytest.approx(other.unlikeness, rel=1e-2)


@pytest.mark.parametrize(("side", "asked"), [(256, [(256, 256), (256, 236)]), (320, [(256, 300)])])
def test_only_large_images_are_cut(side: int, asked: list[tuple[int, int]], predictor: Predictor) -> None:
    plain = predictor.network
    network = Counting(**{field.name: getattr(plain, field.name) for field in fields(plain)})
    prediction = replace(predictor, network=network, tiles=Tiles(side=side))(np.zeros((256, 300, 3), dtype=np.uint8))
    assert prediction.labels.shape == (256, 300)
    assert network.asked == asked


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (3, 2)])
def test_odd_sizes(size: tuple[int, int], predictor: Predictor) -> None:
    prediction = replace(predictor, tiles=Tiles(side=256))(np.zeros((*size, 3), dtype=np.uint8))
    assert prediction.labels.shape == prediction.confidence.shape == size


def test_a_run_that_is_not_finished_is_refused(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    record = read_record(toy_run.out, store=copy.store)
    record.artifact("predict_masks").manifest_path.unlink()
    with pytest.raises(StoreError, match="predict_masks is not finished in the store"):
        Predictor.of(toy_run.out, store=copy.store)


def test_a_network_whose_weights_are_gone_is_named(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    record = read_record(toy_run.out, store=copy.store)
    (record.artifact("train_segmenter").items / WEIGHTS).unlink()
    with pytest.raises(StoreError, match=r"weights\.safetensors cannot be read .*`wsss store verify --repair"):
        Predictor.of(record)


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a run"):
        Predictor.of(tmp_path)


def test_refiners_of_the_run_are_applied(predictor: Predictor) -> None:
    def first(images: Any, every: Any) -> Any:
        return [
            replace(maps, scores=torch.eye(len(maps.labels))[0][:, None, None].expand_as(maps.scores)) for maps in every
        ]

    prediction = replace(predictor, network=replace(predictor.network, refine=(first,)))(np.zeros((9, 9, 3), np.uint8))
    assert not prediction.labels.any()
    assert prediction.mean_confidence == 1
