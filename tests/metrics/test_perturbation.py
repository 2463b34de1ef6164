"""Deletion and insertion by hand, and against a loop in NumPy and SciPy."""

import numpy as np
import pytest
import torch
from networks import TinyGAP
from scipy.ndimage import convolve, gaussian_filter
from sklearn.metrics import auc
from torch import Tensor

from wsss.metrics.faithfulness import confidence_in
from wsss.metrics.perturbation import area, blur_weights, blurred, deletion_curve, insertion_curve, ranks


def first_channel(images: Tensor) -> Tensor:
    """A confidence that can be worked out by hand: the mean of the first channel."""
    return images[:, 0].mean(dim=(1, 2))


def image(height: int = 4, width: int = 4) -> Tensor:
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(1))


def test_deletion_by_hand():
    picture = torch.zeros(3, 4, 4)
    picture[0, 0] = torch.tensor([8.0, 4.0, 2.0, 2.0])
    heat = torch.zeros(4, 4)
    heat[0] = torch.tensor([0.9, 0.7, 0.5, 0.3])
    # A sixteenth of 16, 8, 4, 2 and 0 after none, one, two, three and four pixels, and of nothing after that.
    curve = deletion_curve(first_channel, picture, heat=heat, steps=16)
    assert curve.tolist() == [1.0, 0.5, 0.25, 0.125, *[0.0] * 13]
    assert area(curve) == pytest.approx((0.5 + 0.5 + 0.25 + 0.125) / 16)


def test_insertion_ends_in_the_image_and_starts_from_its_blur():
    picture = image()
    curve = insertion_curve(first_channel, picture, heat=picture[0], steps=4)
    assert curve[0].item() == pytest.approx(blurred(picture)[0].mean().item())
    assert curve[-1].item() == pytest.approx(picture[0].mean().item())
    assert len(curve) == 5


def test_the_blur_is_that_of_the_authors():
    """They filter one bright pixel of 11 x 11 and take what comes of it as the kernel."""
    dot = np.zeros((11, 11))
    dot[5, 5] = 1
    kernel = gaussian_filter(dot, 5)
    weights = blur_weights(11, sigma=5.0).numpy()
    np.testing.assert_allclose(weights[:, None] * weights, kernel, atol=1e-7)
    picture = image(20, 17)
    wanted = [convolve(channel, kernel, mode="constant") for channel in picture.numpy()]
    np.testing.assert_allclose(blurred(picture), wanted, atol=1e-5)


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_both_are_the_loop(tiny: TinyGAP, chunk: int):
    picture, heat = image(16, 12), torch.rand(16, 12)
    confidence = confidence_in(3, tiny)
    for curve, start, finish in (
        (deletion_curve, picture, torch.zeros_like(picture)),
        (insertion_curve, blurred(picture), picture),
    ):
        changed, values = start.numpy().copy(), []
        order = np.argsort(heat.numpy().ravel())[::-1]
        for step in range(0, 193, 8):
            values.append(confidence(torch.from_numpy(changed)[None]).item())
            for pixel in order[step : step + 8]:
                row, column = divmod(pixel, 12)
                changed[:, row, column] = finish[:, row, column]
        found = curve(confidence, picture, heat=heat, steps=24, chunk=chunk)
        np.testing.assert_allclose(found, values, atol=1e-5)
        assert area(found) == pytest.approx(auc(np.linspace(0, 1, 25), values), abs=1e-5)


def test_only_the_order_counts(tiny: TinyGAP):
    picture, heat = image(16, 16), torch.rand(16, 16)
    confidence = confidence_in(0, tiny)
    for curve in (deletion_curve, insertion_curve):
        plain = curve(confidence, picture, heat=heat, steps=10)
        assert plain.equal(curve(confidence, picture, heat=2 * heat**3 - 1, steps=10))
        assert plain.isfinite().all()


def test_an_inverted_map_is_worse():
    picture = image(8, 8).abs()
    heat = picture[0]
    good, bad = (deletion_curve(first_channel, picture, heat=each, steps=8) for each in (heat, -heat))
    assert area(good) < area(bad)
    good, bad = (insertion_curve(first_channel, picture, heat=each, steps=8) for each in (heat, -heat))
    assert area(good) > area(bad)


def test_equal_values_keep_their_order():
    heat = torch.tensor([[0.5, 1.0], [0.5, 0.0]])
    assert ranks(heat).tolist() == [[1, 0], [2, 3]]
    assert ranks(torch.zeros(2, 2)).tolist() == [[0, 1], [2, 3]]


def test_a_curve_has_a_step():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        deletion_curve(first_channel, image(), heat=torch.zeros(4, 4), steps=0)
