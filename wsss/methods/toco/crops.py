"""Labels of cells and crops of images, as ToCo reads them from the maps of its auxiliary head."""

from typing import Final, NamedTuple

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.labels import BACKGROUND, IGNORE, label_of
from wsss.types import Images

NEGATIVE: Final = 0.2
"""A crop whose pixels count less on average is one of the background: 1 where they are not sure, 2 on an object."""
SMALLEST: Final = 0.5
"""Of a view's side, as a share of the image's."""


class Crops(NamedTuple):
    """Small windows of images, and which of them show something of what their image shows."""

    images: Float[Tensor, "b k 3 s s"]
    positive: Bool[Tensor, "b k"]


def cell_labels(
    maps: Float[Tensor, "b c y x"], present: Float[Tensor, "b c"], *, low: float, high: float
) -> Int64[Tensor, "b y x"]:
    """Return the strongest class that the image shows where it is above `high`, background up to `low`, else 255."""
    strength, cls = _own(maps, present).max(dim=1)
    of_class = torch.tensor([label_of(number) for number in range(maps.shape[1])], device=maps.device)
    labels = torch.where(strength > high, of_class[cls], IGNORE)
    return torch.where(strength <= low, BACKGROUND, labels)


def surely(
    maps: Float[Tensor, "b c y x"], present: Float[Tensor, "b c"], *, low: float, high: float
) -> Int64[Tensor, "b y x"]:
    """Return 0 where nothing that the image shows is above `low`, 2 where something reaches `high`, and 1 between."""
    strength = _own(maps, present).amax(dim=1)
    return (strength > low).long() + (strength >= high).long()


def cropped(images: Images, sure: Int64[Tensor, "b h w"], *, count: int, side: int) -> Crops:
    """Return windows around pixels that are drawn among those that are not surely an object's.

    Where an image has too few of them, they are drawn among all. Windows lie within the image.
    """
    windows, positive = [], []
    for image, own in zip(images, sure, strict=True):
        for top, left in _corners(own, count=count, side=side):
            windows.append(image[:, top : top + side, left : left + side])
            positive.append(own[top : top + side, left : left + side].float().mean() > NEGATIVE)
    shape = (len(images), count)
    return Crops(
        images=torch.stack(windows).reshape(*shape, 3, side, side),
        positive=torch.stack(positive).reshape(shape),
    )


def _corners(sure: Int64[Tensor, "h w"], *, count: int, side: int) -> list[tuple[int, int]]:
    """Return the upper left corners of windows, whose middles are what is drawn."""
    half = side // 2
    middles = sure[half : sure.shape[0] - side + half + 1, half : sure.shape[1] - side + half + 1]
    places = (middles <= 1).nonzero()
    if len(places) < count:
        places = torch.ones_like(middles).nonzero()
    # Drawn on the CPU, so that a GPU draws the same.
    drawn = places[torch.randint(len(places), (count,)).to(places.device)]
    return [(int(top), int(left)) for top, left in drawn.tolist()]


def views_of(images: Images, *, side: int) -> Float[Tensor, "b v 3 s s"]:
    """Return two views of each image: a square of half to all of its shorter side, mirrored or not, at one size."""
    found = [_view(image, side=side) for image in images for _ in range(2)]
    return torch.stack(found).reshape(len(images), 2, 3, side, side)


def _view(image: Float[Tensor, "3 h w"], *, side: int) -> Float[Tensor, "3 s s"]:
    height, width = image.shape[1:]
    share, down, across, mirrored = torch.rand(4).tolist()
    own = max(1, round(min(height, width) * (SMALLEST + (1 - SMALLEST) * share)))
    top, left = int(down * (height - own + 1)), int(across * (width - own + 1))
    window = image[None, :, top : top + own, left : left + own]
    seen = functional.interpolate(window, size=(side, side), mode="bilinear", align_corners=False, antialias=True)[0]
    return seen.flip(2) if mirrored < 1 / 2 else seen


def _own(maps: Float[Tensor, "b c y x"], present: Float[Tensor, "b c"]) -> Float[Tensor, "b c y x"]:
    return maps * present[:, :, None, None]
