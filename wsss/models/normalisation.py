"""Normalisation of pixel values: a property of the weights that were trained with them, not of the data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Normalisation:
    """Mean and standard deviation of red, green and blue, as fractions of 255."""

    mean: Colour
    std: Colour

    def __call__(self, image: UInt8[np.ndarray, "h w 3"]) -> Float[Tensor, "3 h w"]:
        """Return `(image / 255 - mean) / std`, channels first, as float32."""
        return self.of_batch(torch.from_numpy(np.array(image, order="C"))[None])[0].contiguous()

    def of_images(
        self, images: Sequence[UInt8[np.ndarray, "h w 3"]], *, device: torch.device
    ) -> Float[Tensor, "b 3 h w"]:
        """Return images of one size on a device, normalised there: a byte a value is all that is sent to it."""
        return self.of_batch(torch.from_numpy(np.stack(images)).to(device))

    def of_batch(self, images: UInt8[Tensor, "b h w 3"]) -> Float[Tensor, "b 3 h w"]:
        """Return the same of a batch on its device, in memory with channels last.

        Values are divided by tensors, since CUDA multiplies by the inverse of a number: so all devices agree.
        """
        batch, height, width, _ = images.shape
        # A whole row at once: a last axis of three is too short for vector instructions.
        mean, std = (
            torch.tensor(each, device=images.device, dtype=torch.float32).repeat(width)
            for each in (self.mean, self.std)
        )
        values = images.reshape(batch * height, width * 3).float()
        values.div_(torch.full_like(mean, 255)).sub_(mean).div_(std)
        return values.view(batch, height, width, 3).permute(0, 3, 1, 2)


def colour(values: Sequence[float]) -> Colour:
    """Return three values as red, green and blue; raises `ValueError` for another number of them."""
    red, green, blue = values
    return red, green, blue


IMAGENET: Final = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""What most ImageNet networks are trained with."""
