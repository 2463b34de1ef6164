import torch

from wsss.types import Size
from wsss.views import (
    pad_to_multiple,
    scaled,
    split_by_image,
)

CELL = 8
"""The stride of `TinyGAP`."""


def test_scaling_keeps_constants_and_rounds_sides():
    images = torch.full((1, 3, 10, 13), 0.7)
    assert scaled(images, 1.0) is images
    half = scaled(images, 0.5)
    assert half.shape == (1, 3, 5, 6)
    assert torch.allclose(half, torch.full_like(half, 0.7), atol=1e-5)
    assert scaled(images[:, :, :1, :1], 0.25).shape == (1, 3, 1, 1)
    assert scaled(images, 0.75).shape == (1, 3, 8, 10), "7.5 and 9.75: rounded, and not cut"
    assert scaled(images, 1.2).shape == (1, 3, 12, 16)


def test_padding_is_at_the_right_and_bottom():
    padded = pad_to_multiple(torch.ones(1, 3, 9, 8), multiple=8)
    assert padded.shape == (1, 3, 16, 8)
    assert (padded[:, :, :9] == 1).all()
    assert (padded[:, :, 9:] == 0).all()


def test_split_by_image_follows_the_targets():
    maps = torch.rand(3, 2, 2)
    parts = split_by_image(maps, classes=[[4], [], [0, 9]], size=Size(height=8, width=8))
    assert [part.labels.tolist() for part in parts] == [[5], [], [1, 10]]
    assert torch.equal(torch.cat([part.scores for part in parts]), maps)
