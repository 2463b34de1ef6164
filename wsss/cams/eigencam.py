"""Eigen-CAM (Muhammad and Yeasin, IJCNN 2020): the first principal component of the maps, whatever the class."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod
from wsss.protocols import CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class EigenCAM(CAMMethod):
    """Positions projected on the direction in channel space in which they differ most: the same for all classes.

    Two departures. Channels are centred first, without which the direction is next to their mean. The sign, which
    the decomposition leaves open, is such that the largest magnitude is positive.
    """

    differentiates: ClassVar[bool] = False

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        with torch.no_grad():
            maps = model.until(self.block, images).maps.float()
        with torch.autocast(images.device.type, enabled=False):
            projected = first_component(maps.flatten(2)).reshape(-1, *maps.shape[2:])
        turned = projected.amax(dim=(1, 2), keepdim=True) < -projected.amin(dim=(1, 2), keepdim=True)
        return torch.where(turned, -projected, projected)[targets.image]


def first_component(maps: Float[Tensor, "b d z"]) -> Float[Tensor, "b z"]:
    """Project the centred positions of each image on their first principal direction, of arbitrary sign.

    The smaller of the two Gram matrices has the same leading eigenvector as the singular value decomposition.
    """
    centred = maps - maps.mean(dim=2, keepdim=True)
    if maps.shape[1] < maps.shape[2]:
        _, vectors = torch.linalg.eigh(centred @ centred.mT)
        return torch.einsum("bd,bdz->bz", vectors[:, :, -1], centred)
    values, vectors = torch.linalg.eigh(centred.mT @ centred)
    projected: Tensor = values[:, -1:].clamp(min=0).sqrt() * vectors[:, :, -1]
    return projected
