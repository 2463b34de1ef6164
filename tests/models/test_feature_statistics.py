"""Statistics of features: distances by hand, each image measured by all others, and what an encoder is heard to say."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wsss.models.feature_statistics import FLOOR, LEAST, FeatureStatistics, listening, pooled


def drawn(count: int = 40, channels: int = 6) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, channels)) * np.arange(1, channels + 1) + 3


def distance(row: np.ndarray, others: np.ndarray, *, floor: float) -> float:
    return float(np.sqrt(((row - others.mean(axis=0)) ** 2 / (others.var(axis=0) + floor)).mean()))


def test_the_limit_is_that_of_images_measured_by_all_others():
    rows = drawn()
    floor = FLOOR * rows.var(axis=0).mean()
    each = [distance(rows[i], np.delete(rows, i, axis=0), floor=floor) for i in range(len(rows))]
    statistics = FeatureStatistics.of(rows)
    assert statistics.limit == pytest.approx(np.quantile(each, 0.99))
    new = np.full(6, 20.0)
    assert statistics.unlikeness(new) == pytest.approx(distance(new, rows, floor=floor) / statistics.limit, rel=1e-5)


def test_one_of_a_hundred_new_images_of_the_same_kind_is_unlike():
    new = np.random.default_rng(1).normal(size=(2000, 6)) * np.arange(1, 7) + 3
    for count in (LEAST, 40, 400):
        statistics = FeatureStatistics.of(drawn(count))
        assert np.mean([statistics.unlikeness(row) > 1 for row in new]) < 0.08


def test_a_channel_that_was_always_0_does_not_decide_alone():
    rows = np.concatenate([drawn(channels=200), np.zeros((40, 1))], axis=1)
    statistics, new = FeatureStatistics.of(rows), rows.mean(axis=0)
    new[-1] = 0.1 * rows.std()
    assert statistics.unlikeness(new) < 0.5


def test_images_that_are_all_alike_make_every_other_one_unlike():
    statistics = FeatureStatistics.of(np.ones((LEAST, 3)))
    assert statistics.unlikeness(np.ones(3)) == 0
    assert statistics.unlikeness(np.full(3, 1 + 1e-7)) < 1, "of rounding"
    assert statistics.unlikeness(np.full(3, 1.1)) > 1


def test_too_few_images_and_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="at least 8 images; got 7"):
        FeatureStatistics.of(drawn(7))
    with pytest.raises(ValueError, match=r"finite|positive"):
        FeatureStatistics.of(np.full((LEAST, 3), np.nan))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", 0.0),
        ("limit", np.inf),
        ("limit", np.nan),
        ("variance", np.zeros(2, dtype=np.float32)),
        ("mean", np.array([0, np.nan], dtype=np.float32)),
    ],
)
def test_statistics_that_measure_nothing_are_refused(field: str, value: Any):
    good: dict[str, Any] = {"mean": np.zeros(2, np.float32), "variance": np.ones(2, np.float32), "limit": 1.0}
    FeatureStatistics(**good)
    with pytest.raises(ValueError, match=r"limit|finite"):
        FeatureStatistics(**{**good, field: value})


class Encoder(nn.Module):
    def forward(self, images: Tensor) -> list[Any]:
        return [images, (images * 2, images[..., ::2, ::2] * 3)]


def test_an_encoder_is_heard_once_a_size_and_its_deepest_maps_count():
    encoder, images = Encoder(), torch.rand(2, 3, 4, 6)
    with listening(encoder) as heard:
        encoder(images)
        encoder(images.flip(-1) + 1)
        encoder(images[..., :2, :2])
    encoder(torch.rand(2, 3, 8, 8))
    expected = 3 * images[..., ::2, ::2].mean(dim=(2, 3))
    np.testing.assert_allclose(heard.of(4, 6), expected, rtol=1e-5)
    assert heard.of(2, 2) is not None
    assert heard.of(8, 8) is None


def test_half_precision_is_averaged_in_float32():
    maps = torch.tensor([2048.0, 2050.0], dtype=torch.float16)[None, None, None]
    assert pooled(maps).dtype == np.float32
    assert pooled(maps).tolist() == [[2049.0]]
