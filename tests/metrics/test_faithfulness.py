"""Faithfulness by hand on 4 x 4 maps, and against SciPy, scikit-learn and pytorch-grad-cam."""

import numpy as np
import pytest
import torch
from networks import Given, TinyGAP
from pytorch_grad_cam.metrics.arcc import Complexity
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence, IncreaseInConfidence
from scipy.stats import hmean, pearsonr
from torch import Tensor

from wsss.cams.scores import Score
from wsss.metrics.faithfulness import (
    adcc,
    average_drop,
    average_gain,
    coherency,
    complexity,
    confidence_in,
    explanation_images,
    increase_in_confidence,
)


def maps(count: int = 5) -> Tensor:
    return torch.rand(count, 4, 4, generator=torch.Generator().manual_seed(0))


def test_drop_increase_and_gain_by_hand():
    before, after = torch.tensor([0.8, 0.5, 0.4]), torch.tensor([0.6, 0.5, 0.7])
    torch.testing.assert_close(average_drop(before, after), torch.tensor([0.25, 0.0, 0.0]))
    torch.testing.assert_close(increase_in_confidence(before, after), torch.tensor([0.0, 0.0, 1.0]))
    torch.testing.assert_close(average_gain(before, after), torch.tensor([0.0, 0.0, 0.5]))


def test_nothing_to_lose_and_nothing_to_gain():
    zero, one = torch.zeros(1), torch.ones(1)
    assert average_drop(zero, zero).item() == 0
    assert average_gain(one, one).item() == 0
    assert average_drop(one, zero).item() == 1
    assert average_gain(zero, one).item() == 1


def test_complexity_by_hand():
    half = torch.zeros(1, 4, 4)
    half[0, :2] = 1
    half[0, 3, 3] = -0.8
    assert complexity(half).item() == pytest.approx(8.8 / 16)


def test_a_map_of_ones_changes_nothing(tiny: TinyGAP):
    images, ones = torch.randn(2, 3, 16, 16), torch.ones(2, 16, 16)
    confidence = confidence_in(2, tiny)
    before, after = confidence(images), confidence(explanation_images(images, ones))
    assert average_drop(before, after).tolist() == [0, 0]
    assert increase_in_confidence(before, after).tolist() == [0, 0]
    assert average_gain(before, after).tolist() == [0, 0]
    assert complexity(ones).tolist() == [1, 1]


def test_an_empty_map_leaves_the_mean_colour(tiny: TinyGAP):
    images, nothing = torch.randn(2, 3, 16, 16), torch.zeros(2, 16, 16)
    confidence = confidence_in(2, tiny)
    assert complexity(nothing).tolist() == [0, 0]
    assert confidence(explanation_images(images, nothing)).equal(confidence(torch.zeros_like(images)))


def test_a_fake_map_wins_the_average_drop_and_fails_adcc():
    """Ones but for one pixel: why nobody should rank by average drop alone (Poppi et al.)."""

    def confidence(images: Tensor) -> Tensor:
        return images.mean(dim=(1, 2, 3))

    fake, honest = torch.ones(1, 16, 16), torch.zeros(1, 16, 16)
    fake[0, 0, 0] = 0
    honest[0, 4:12] = 0.5
    images = torch.full((1, 3, 16, 16), 0.8)
    drops, scores = [], []
    for heat in (fake, honest):
        drops.append(average_drop(confidence(images), confidence(explanation_images(images, heat))))
        scores.append(adcc(drop=drops[-1], coherency=torch.ones(1), complexity=complexity(heat)))
    assert drops[0] < 0.01 < drops[1]
    assert scores[0] < 0.02 < scores[1]


def test_coherency_is_scipys():
    one, other = maps(), maps().flip(0)
    wanted = [(1 + pearsonr(a.numpy().ravel(), b.numpy().ravel())[0]) / 2 for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(coherency(one, other), wanted, atol=1e-6)


def test_coherency_by_hand():
    one = maps(1)
    assert coherency(one, 3 * one + 1).item() == pytest.approx(1)
    assert coherency(one, 1 - one).item() == pytest.approx(0, abs=1e-6)
    square = torch.zeros(2, 4, 4)
    square[0, :2] = 1  # the upper half and the left half have nothing to do with one another
    square[1, :, :2] = 1
    assert coherency(square[:1], square[1:]).item() == 0.5


@pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
def test_a_constant_map_has_no_correlation(level: float):
    constant = torch.full((5, 4, 4), level)
    assert coherency(maps(), constant).tolist() == [0] * 5
    assert coherency(constant, maps()).tolist() == [0] * 5


def test_adcc_is_the_harmonic_mean_of_each_image():
    drop, coherent, area = torch.tensor([0.2, 0.5]), torch.tensor([0.9, 0.4]), torch.tensor([0.3, 0.1])
    wanted = [hmean([0.9, 0.7, 0.8]), hmean([0.4, 0.9, 0.5])]
    np.testing.assert_allclose(adcc(drop=drop, coherency=coherent, complexity=area), wanted, rtol=1e-6)


def test_adcc_is_0_where_one_of_the_three_fails():
    zero, one, half = torch.zeros(1), torch.ones(1), torch.full((1,), 0.5)
    assert adcc(drop=one, coherency=half, complexity=half).item() == 0
    assert adcc(drop=half, coherency=zero, complexity=half).item() == 0
    assert adcc(drop=half, coherency=half, complexity=one).item() == 0
    assert adcc(drop=zero, coherency=one, complexity=zero).item() == 1


def test_drop_and_increase_are_pytorch_grad_cams(tiny: TinyGAP):
    """It takes no share of the drop: that is left to the caller."""
    images, heat = torch.randn(4, 3, 16, 16), torch.rand(4, 16, 16)
    confidence = confidence_in(1, tiny)
    before, after = confidence(images), confidence(explanation_images(images, heat))
    given = images, heat[:, None].numpy(), [lambda scores: scores[1]] * 4, lambda x: tiny(x).sigmoid()
    drop, increase = DropInConfidence()(*given), IncreaseInConfidence()(*given)
    np.testing.assert_allclose(average_drop(before, after) * before, drop, atol=1e-6)
    np.testing.assert_allclose(increase_in_confidence(before, after), increase)
    np.testing.assert_allclose(complexity(heat), Complexity()(heat.numpy()), rtol=1e-6)


@pytest.mark.parametrize(("score", "wanted"), [("logit", [1.0]), ("sigmoid", [0.7310586]), ("softmax", [0.2689414])])
def test_the_space_of_scores_is_a_parameter(score: Score, wanted: list[float]):
    network = Given(torch.tensor([1.0, 2.0]).reshape(1, 2, 1, 1), torch.eye(2))
    torch.testing.assert_close(confidence_in(0, network, score=score)(torch.zeros(1, 3, 2, 2)), torch.tensor(wanted))
