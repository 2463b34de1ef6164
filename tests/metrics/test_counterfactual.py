"""Counterfactuals, by hand and on a network for which they are exact."""

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, gaussian_filter

from wsss.metrics.counterfactual import Counterfactual, Filling, blur, dilated, erased


def image(height: int = 24, width: int = 32) -> torch.Tensor:
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(0))


def left(height: int = 24, width: int = 32) -> torch.Tensor:
    return (torch.arange(width) < width // 2).expand(height, width)


@pytest.mark.parametrize(
    ("without_object", "without_context", "expected"),
    [
        (0.0, 0.8, (1.0, 0.0, 1.0)),
        (0.8, 0.0, (0.0, 1.0, -1.0)),
        (0.4, 0.4, (0.5, 0.5, 0.0)),
        (0.9, 0.2, (0.25, 1, -7 / 9)),
    ],
)
def test_sufficiencies_by_hand(without_object: float, without_context: float, expected: tuple[float, ...]) -> None:
    found = Counterfactual(whole=0.8, without_object=without_object, without_context=without_context)
    assert (found.object_sufficiency, found.context_sufficiency, found.sensitivity) == pytest.approx(expected)


def test_erasing_the_other_side_swaps_the_sufficiencies() -> None:
    one = Counterfactual(whole=0.9, without_object=0.2, without_context=0.7)
    other = Counterfactual(whole=0.9, without_object=0.7, without_context=0.2)
    assert one.object_sufficiency == other.context_sufficiency
    assert one.context_sufficiency == other.object_sufficiency
    assert one.sensitivity == -other.sensitivity


def test_nothing_is_divided_by_nothing() -> None:
    nothing = Counterfactual(whole=0.0, without_object=0.0, without_context=0.0)
    assert (nothing.object_sufficiency, nothing.context_sufficiency, nothing.sensitivity) == (0.0, 0.0, 0.0)


def test_a_linear_network_on_pooled_pixels_adds_up() -> None:
    """With the mean colour in place of what is erased, both logits add up to the whole's."""
    picture, mask = image(), left()
    weight = torch.tensor([0.7, -1.3, 2.1])
    both = erased(picture, torch.stack([mask, ~mask]), filling="mean")
    logits = both.mean(dim=(2, 3)) @ weight
    assert float(logits.sum()) == pytest.approx(float(picture.mean(dim=(1, 2)) @ weight), abs=1e-6)


@pytest.mark.parametrize("filling", ["blur", "road", "mean"])
def test_known_pixels_stay_and_missing_ones_tell_nothing(filling: Filling) -> None:
    picture, mask = image(), left()
    picture[:, mask] += 5
    result = erased(picture, mask[None], filling=filling)[0]
    torch.testing.assert_close(result[:, ~mask], picture[:, ~mask])
    assert float(result[:, mask].std()) < 0.7 * float(picture[:, mask].std())


def test_the_blur_is_scipys() -> None:
    picture = image()
    expected = [gaussian_filter(plane, 3.2, mode="nearest", truncate=3.1) for plane in picture.double().numpy()]
    np.testing.assert_allclose(blur(picture).numpy(), np.stack(expected), atol=1e-4)


def test_a_mask_grows_by_its_share_of_the_side() -> None:
    mask = torch.zeros(40, 60, dtype=torch.bool)
    mask[10, 20] = True
    grown = binary_dilation(mask.numpy(), np.ones((7, 7)))
    assert (dilated(mask).numpy() == grown).all()
