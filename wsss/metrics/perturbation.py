"""Deletion and insertion (RISE, Petsiuk et al., BMVC 2018): how fast a class is lost or found in a map's order.

Only the order of a map's values matters, so no scaling changes these scores. Equal values are taken row by row from the
top, where the authors' code leaves their order to NumPy's sort.
"""

from typing import Final

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.metrics.faithfulness import Confidence

STEPS: Final = 224
"""Steps of the authors' code on an image of 224 x 224 pixels."""
CHUNK: Final = 16
"""Changed images at a time. Memory grows with it, results do not change."""
BLUR_SIDE: Final = 11
BLUR_SIGMA: Final = 5.0
"""Pixels of the blur from which insertion starts."""


def deletion_curve(
    confidence: Confidence,
    image: Float[Tensor, "3 h w"],
    *,
    heat: Float[Tensor, "h w"],
    steps: int = STEPS,
    chunk: int = CHUNK,
) -> Float[Tensor, " points"]:
    """Return the class's scores while the image's brightest pixels are replaced by the mean colour, first to last.

    The `steps` + 1 scores are those at equal shares of the pixels, 0 first. Lower curves are better.
    """
    return _curve(confidence, heat, start=image, finish=torch.zeros_like(image), steps=steps, chunk=chunk)


def insertion_curve(
    confidence: Confidence,
    image: Float[Tensor, "3 h w"],
    *,
    heat: Float[Tensor, "h w"],
    steps: int = STEPS,
    chunk: int = CHUNK,
) -> Float[Tensor, " points"]:
    """Return the class's scores while the brightest pixels are put into the blurred image, first to last.

    The `steps` + 1 scores are those at equal shares of the pixels, 0 first. Higher curves are better.
    """
    return _curve(confidence, heat, start=blurred(image), finish=image, steps=steps, chunk=chunk)


def area(curve: Float[Tensor, " points"]) -> float:
    """Return the area under a curve over [0, 1], by trapezoids: a mean score, in the range of the scores."""
    return float(torch.trapezoid(curve.cpu().double()) / (len(curve) - 1))


def ranks(heat: Float[Tensor, "h w"], *, descending: bool = True) -> Int64[Tensor, "h w"]:
    """Return each pixel's place in the order of the values, 0 for the brightest; equal ones keep their own order."""
    order = heat.flatten().argsort(descending=descending, stable=True)
    places = torch.empty_like(order)
    places[order] = torch.arange(len(order), device=heat.device)
    return places.reshape(heat.shape)


def blurred(image: Float[Tensor, "3 h w"]) -> Float[Tensor, "3 h w"]:
    """Blur an image as the authors' code does; beyond its border lies the mean colour."""
    weights = blur_weights(BLUR_SIDE, sigma=BLUR_SIGMA).to(image)
    kernel = (weights[:, None] * weights)[None, None]
    return functional.conv2d(image[:, None], kernel, padding=BLUR_SIDE // 2)[:, 0]


def blur_weights(side: int, *, sigma: float) -> Float[Tensor, "{side}"]:
    """Return a Gaussian over `side` pixels that sums to 1, its tails to 4 sigma folded back in at both ends.

    The authors make their kernel by filtering a single bright pixel, which has this effect.
    """
    reach = int(4 * sigma + 0.5)
    offsets = torch.arange(-reach, reach + 1)
    bell = (-((offsets / sigma) ** 2) / 2).softmax(dim=0)
    places = (side // 2 + offsets) % (2 * side)
    return torch.zeros(side).index_add(0, torch.minimum(places, 2 * side - 1 - places), bell)


def _curve(
    confidence: Confidence,
    heat: Float[Tensor, "h w"],
    *,
    start: Float[Tensor, "3 h w"],
    finish: Float[Tensor, "3 h w"],
    steps: int,
    chunk: int,
) -> Float[Tensor, " points"]:
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    place = ranks(heat)
    counts = torch.arange(steps + 1, device=heat.device) * heat.numel() // steps
    return torch.cat(
        [
            confidence(torch.where((place < part[:, None, None])[:, None], finish, start))
            for part in torch.split(counts, chunk)
        ]
    )
