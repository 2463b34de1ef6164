"""The effective receptive field of a network's units (Luo et al., NeurIPS 2016), as one number."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.errors import ModelError
from wsss.protocols import CutClassifier
from wsss.types import Images


@dataclass(frozen=True, kw_only=True)
class ReceptiveField:
    """What the unit in the middle answers to, in pixels of the images: the Gaussian of the same second moment.

    `offset` is how far (down, right) its centre lies from the middle of the unit's cell.
    """

    sigma: float
    offset: tuple[float, float]


def receptive_field(model: CutClassifier, batches: Iterable[Float[Tensor, "_ 3 _ _"]], *, block: str) -> ReceptiveField:
    """Measure the units after `block`, averaged over images.

    An image's density is the magnitude of the gradient of the middle unit, summed over channels, with respect to the
    pixels. Images must be several times as large as what a unit sees. Raises `ModelError` where no image moves it.
    """
    found = torch.cat([_moments(model, images, block=block) for images in batches])
    found = found[found.isfinite().all(dim=1)]
    if len(found) == 0:
        raise ModelError(f"the middle unit after {block} answers to none of the images: take others, or another block")
    down, right, variance = found.mean(dim=0).tolist()
    return ReceptiveField(sigma=variance**0.5, offset=(down, right))


def _moments(model: CutClassifier, images: Images, *, block: str) -> Float[Tensor, "b 3"]:
    """Return each image's offsets and its variance, the mean of both axes; nan for one without gradient."""
    with torch.enable_grad():
        pixels = images.detach().requires_grad_()
        cut = model.until(block, pixels)
        middle = cut.maps.shape[2] // 2, cut.maps.shape[3] // 2
        (gradient,) = torch.autograd.grad(cut.maps[:, :, middle[0], middle[1]].sum(), pixels)
    density = gradient.abs().sum(dim=1).cpu()  # not every device has the float64 that follows
    (down, tall), (right, wide) = (_along(density.sum(dim=axis)) for axis in (2, 1))
    centre = (torch.tensor(middle, device=density.device) + 0.5) * cut.stride
    return torch.stack([down - centre[0], right - centre[1], (tall + wide) / 2], dim=1)


def _along(density: Float[Tensor, "b side"]) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """Return mean and variance of the pixel coordinate along one axis."""
    share = density.double() / density.double().sum(dim=1, keepdim=True)
    pixel = torch.arange(share.shape[1], device=share.device) + 0.5
    mean = (share * pixel).sum(dim=1)
    return mean, (share * (pixel - mean[:, None]) ** 2).sum(dim=1)
