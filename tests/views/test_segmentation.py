from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from wsss.views import (
    SegmentationViews,
)

CELL = 8
"""The stride of `TinyGAP`."""


def convolution(images: Tensor) -> Tensor:
    """A segmentation network of three labels that is not symmetric."""
    weight = torch.linspace(-1, 1, 3 * 3 * 9).reshape(3, 3, 3, 3).sin() * 3
    return functional.conv2d(images, weight, padding=1)


def test_one_segmentation_view_is_the_networks_softmax():
    images = torch.randn(2, 3, 9, 14)
    views = SegmentationViews(scales=(1.0,), flip=False)
    assert torch.allclose(views(convolution, images), convolution(images).softmax(dim=1), atol=1e-6)


@pytest.mark.parametrize("size", [(16, 32), (9, 13)])
def test_segmentation_views_mirror_with_the_image(size: tuple[int, int]):
    images = torch.randn(1, 3, *size)
    views = SegmentationViews(scales=(1.0, 0.5, 1.25))
    probabilities = views(convolution, images)
    assert torch.allclose(views(convolution, images.flip(-1)), probabilities.flip(-1), atol=1e-5)
    assert torch.allclose(probabilities.sum(dim=1), torch.ones(1, *size), atol=1e-5)
    assert probabilities.shape == (1, 3, *size)


def test_segmentation_scales_are_averaged_as_logits():
    def by_width(images: Tensor) -> Tensor:
        level = {20: 1.0, 10: 4.0, 40: 7.0}[images.shape[-1]]
        return torch.stack([torch.zeros_like(images[:, 0]), torch.full_like(images[:, 0], level)], dim=1)

    probabilities = SegmentationViews(scales=(1.0, 0.5, 2.0))(by_width, torch.zeros(1, 3, 10, 20))
    expected = torch.tensor(4.0).sigmoid().expand(1, 10, 20)
    assert torch.allclose(probabilities[:, 1], expected, atol=1e-6)
    most = SegmentationViews(scales=(1.0, 0.5, 2.0), merge="max")(by_width, torch.zeros(1, 3, 10, 20))
    assert torch.allclose(most[:, 1], torch.tensor(7.0).sigmoid().expand(1, 10, 20), atol=1e-6)


def test_the_largest_logit_counts_also_below_zero():
    def dark(images: Tensor) -> Tensor:
        return torch.stack([images[:, 0], -5 - images[:, 1].abs()], dim=1)

    views = SegmentationViews(scales=(1.0,), flip=True, merge="max")
    images = torch.randn(1, 3, 4, 6)
    mirrored = dark(images.flip(-1)).flip(-1)
    assert torch.allclose(views(dark, images), torch.maximum(dark(images), mirrored).softmax(dim=1), atol=1e-6)


def test_views_may_be_bilinear_as_in_deeplab():
    seen = list[Tensor]()

    def note(images: Tensor) -> Tensor:
        seen.append(images)
        return images

    images = torch.randn(1, 3, 8, 12)
    SegmentationViews(scales=(0.75,), flip=False, resize="bilinear")(note, images)
    assert torch.equal(seen[0], functional.interpolate(images, size=(6, 9), mode="bilinear", align_corners=False))


def test_logits_in_half_precision_are_interpolated_and_merged_in_full():
    def half(images: Tensor) -> Tensor:
        return convolution(images)[:, :, ::4, ::4].bfloat16()

    images, views = torch.randn(1, 3, 16, 20), SegmentationViews(scales=(1.0, 0.5))
    probabilities = views(half, images)
    assert probabilities.dtype == torch.float32
    assert torch.allclose(probabilities, views(lambda view: half(view).float(), images), atol=1e-7)


@pytest.mark.parametrize("merge", ["mean", "max"])
@pytest.mark.parametrize("scales", [(1.0,), (1.0, 0.5), (0.5, 1.5, 1.0)])
@pytest.mark.parametrize("flip", [False, True])
def test_the_strongest_label_is_that_of_the_probabilities(merge: Any, scales: tuple[float, ...], flip: bool):
    images, views = torch.randn(2, 3, 9, 14), SegmentationViews(scales=scales, flip=flip, merge=merge)
    probabilities, labels = views(convolution, images), views.strongest(convolution, images)
    assert labels.dtype == torch.uint8
    top = probabilities.topk(2, dim=1).values
    clear = top[:, 0] - top[:, 1] > 1e-5
    assert clear.float().mean() > 0.95
    assert torch.equal(labels[clear], probabilities.argmax(dim=1)[clear].byte())


def test_the_network_s_answers_are_not_written_into():
    answer = torch.randn(1, 3, 9, 14)
    kept = answer.clone()
    views = SegmentationViews(scales=(1.0, 0.5, 2.0))
    views(lambda _: answer, torch.zeros(1, 3, 9, 14))
    views.strongest(lambda _: answer, torch.zeros(1, 3, 9, 14))
    assert torch.equal(answer, kept)


@pytest.mark.parametrize("scales", [(), (0.0,), (1.0, -0.5)])
def test_scales_that_are_none_are_refused(scales: tuple[float, ...]):
    with pytest.raises(ValueError, match="scales must be positive numbers"):
        SegmentationViews(scales=scales)
