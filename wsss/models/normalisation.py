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

    def __call__(self, images: UInt8[np.ndarray, "h w 3"]) -> Float[Tensor, "3 h w"]:
        """Return `(image / 255 - mean) / std`, channels first, as float32."""
        values = np.array(images, dtype=np.float32, order="C") / np.float32(255)
        values -= np.asarray(self.mean, dtype=np.float32)
        values /= np.asarray(self.std, dtype=np.float32)
        return torch.from_numpy(values).permute(2, 0, 1).contiguous()


def colour(values: Sequence[float]) -> Colour:
    """Return three values as red, green and blue; raises `ValueError` for another number of them."""
    red, green, blue = values
    return red, green, blue


IMAGENET: Final = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""What most ImageNet networks are trained with."""
