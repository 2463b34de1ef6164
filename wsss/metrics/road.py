"""ROAD (Rong et al., ICML 2022): what a class scores when the pixels that a map names are taken out without a trace.

Pixels are replaced by what their neighbours let expect (noisy linear imputation), so that their shape tells nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from wsss.metrics.faithfulness import Confidence
from wsss.metrics.perturbation import CHUNK, ranks

PERCENTILES: Final = (10, 20, 30, 40, 50, 60, 70, 80, 90)
"""Per cent of the pixels that are kept."""
NOISE: Final = 0.01
"""Standard deviation of what is added to imputed pixels, in normalised space."""
TOLERANCE: Final = 1e-4
"""Largest error of an imputed pixel's equation, as a share of the largest value in the image."""
MOST: Final = 2000
"""Iterations after which the solver has failed; photographs take 10 to 40."""


@dataclass(frozen=True, kw_only=True)
class Road:
    """The class's scores at each percentile, without the most and without the least relevant pixels."""

    most: Float[Tensor, " p"]
    least: Float[Tensor, " p"]

    @property
    def combined(self) -> float:
        """Mean of (least - most) / 2 over the percentiles, in [-0.5, 0.5] for probabilities; higher is better.

        What a map gets that names the same pixels in both orders, such as a constant one, is 0.
        """
        return float((self.least - self.most).cpu().double().mean() / 2)


def road(
    confidence: Confidence,
    image: Float[Tensor, "3 h w"],
    *,
    heat: Float[Tensor, "h w"],
    percentiles: Sequence[int] = PERCENTILES,
    noise: float = NOISE,
    random_seed: int = 0,
    chunk: int = CHUNK,
) -> Road:
    """Return the scores without the pixels above each percentile of the map, and without those below 100 - it.

    As in the authors' code it is the order that counts, so each percentile p takes out 100 - p per cent of the pixels;
    pytorch-grad-cam's takes out all that equal the percentile's value as well, which may be the whole background. The
    noise of a pixel is the same in all images.
    """
    generator = torch.Generator().manual_seed(random_seed)
    grain = noise * torch.randn(image.shape, generator=generator).to(image)
    masks = torch.cat([removed(heat, percentiles), removed(-heat, percentiles)])
    scores = [confidence(impute(image, part) + grain * part[:, None]) for part in torch.split(masks, chunk)]
    most, least = torch.cat(scores).chunk(2)
    return Road(most=most, least=least)


def removed(heat: Float[Tensor, "h w"], percentiles: Sequence[int]) -> Bool[Tensor, "p h w"]:
    """Return, for each percentile, the pixels at and above it; of equal ones those that come first."""
    if not percentiles or not all(0 <= percentile <= 100 for percentile in percentiles):
        raise ValueError(f"percentiles must be numbers in 0 .. 100, at least one; got {percentiles}")
    kept = [-(-(heat.numel() - 1) * percentile // 100) for percentile in percentiles]
    counts = heat.numel() - torch.tensor(kept, device=heat.device)
    return ranks(heat) < counts[:, None, None]


def impute(image: Float[Tensor, "3 h w"], missing: Bool[Tensor, "n h w"]) -> Float[Tensor, "n 3 h w"]:
    """Return the image n times, each missing pixel the weighted mean of its neighbours, missing ones included.

    Weights are 1/6 for the four nearest and 1/12 for the diagonal neighbours, shared out among those inside of the
    image. This is a linear system for each mask; all are solved at once by conjugate gradients, with coarser grids to
    carry values across wide gaps (Bramble, Pasciak and Xu, 1990), until no equation errs by more than `TOLERANCE`. An
    image of which nothing is known becomes the mean colour.
    """
    gap = missing[:, None].to(image)
    known = image * (1 - gap)
    weight = neighbours(torch.ones_like(gap))
    grids = _grids(gap)
    result, residual = torch.zeros_like(known), gap * neighbours(known)
    limit = TOLERANCE * float(image.abs().max())
    direction, energy = torch.zeros_like(known), torch.ones_like(residual[..., :1, :1])
    for _ in range(MOST):
        # What is solved stays as it is: no image depends on the others.
        unsolved = residual.abs().amax(dim=(1, 2, 3), keepdim=True) > limit
        if not unsolved.any():
            return known + result
        smooth = _smooth(residual, grids)
        energy, before = _dot(residual, smooth), energy
        direction = smooth + _ratio(energy, before) * direction
        pushed = gap * (weight * direction - neighbours(direction))
        step = unsolved * _ratio(energy, _dot(direction, pushed))
        result, residual = result + step * direction, residual - step * pushed
    raise AssertionError("the imputation of an image has not converged")


def neighbours(maps: Float[Tensor, "n d h w"]) -> Float[Tensor, "n d h w"]:
    """Return the weighted sum of each pixel's eight neighbours; those beyond the border count as 0."""
    # (1 2 1) along both axes without the centre, by shifts: a convolution of one channel takes several times as long.
    rows = 2 * maps
    rows[..., 1:, :] += maps[..., :-1, :]
    rows[..., :-1, :] += maps[..., 1:, :]
    both = 2 * rows
    both[..., 1:] += rows[..., :-1]
    both[..., :-1] += rows[..., 1:]
    return (both - 4 * maps) / 12


def _grids(gap: Float[Tensor, "n 1 h w"]) -> list[Tensor]:
    """Return the gaps on ever coarser grids: cells whose influence, when they are interpolated, stays in the gap."""
    grids = [gap]
    while min(grids[-1].shape[-2:]) > 1:
        inside = (_coarser(1 - grids[-1]) == 0).to(gap)
        if not inside.any():
            break
        grids.append(inside)
    return grids


def _smooth(residual: Tensor, grids: Sequence[Tensor]) -> Tensor:
    """Return the residual's sums over all grids, interpolated and added up: the preconditioner."""
    levels = [residual]
    for grid in grids[1:]:
        levels.append(grid * _coarser(levels[-1]))
    total = levels.pop()
    while levels:
        finer = levels.pop()
        total = finer + _finer(total, size=finer.shape[-2:])
    return grids[0] * total


def _coarser(maps: Tensor) -> Tensor:
    """Return half the resolution, rounded up: the transpose of `_finer`."""
    return _halved(_halved(maps, dim=-1), dim=-2)


def _finer(maps: Tensor, *, size: Sequence[int]) -> Tensor:
    """Interpolate to twice the resolution, or one less."""
    return _doubled(_doubled(maps, dim=-1, length=size[1]), dim=-2, length=size[0])


def _halved(maps: Tensor, *, dim: int) -> Tensor:
    """Return the sums of four cells along an axis, two steps apart, with weights (1 3 3 1) / 4: by shifts, as above."""
    padded = functional.pad(maps, (0, 0) * (-1 - dim) + (1, 1 + maps.shape[dim] % 2))
    outer, inner = (padded.movedim(dim, -1)[..., start::2].movedim(-1, dim) for start in (0, 1))
    count = outer.shape[dim] - 1
    ends = outer.narrow(dim, 0, count) + inner.narrow(dim, 1, count)
    return (ends + 3 * (inner.narrow(dim, 0, count) + outer.narrow(dim, 1, count))) / 4


def _doubled(maps: Tensor, *, dim: int, length: int) -> Tensor:
    """Interpolate along an axis: each cell becomes two, of which each takes a quarter from the neighbour beside it."""
    count = maps.shape[dim] - 1
    near, far = 0.75 * maps, 0.25 * maps
    first, second = near.clone(), near
    first.narrow(dim, 1, count).add_(far.narrow(dim, 0, count))
    second.narrow(dim, 0, count).add_(far.narrow(dim, 1, count))
    return torch.stack((first, second), dim=dim).flatten(dim - 1, dim).narrow(dim, 0, length)


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum(dim=(-2, -1), keepdim=True)


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """Return a quotient, 0 where there is nothing left to solve."""
    return torch.where(whole > 0, part / whole.where(whole > 0, torch.ones_like(whole)), 0.0)
