"""Felzenszwalb and Huttenlocher's graph-based segmentation (IJCV 2004)."""

from dataclasses import dataclass
from typing import final

import numpy as np
import skimage
import torch
from jaxtyping import UInt8

from wsss.regions.base import Find, Layers, RegionFinder
from wsss.regions.layers import partition


@final
@dataclass(frozen=True, kw_only=True)
class Felzenszwalb(RegionFinder):
    """Regions end where the image changes more than within them; large where it is smooth, small where it is busy."""

    scale: float = 300.0
    """How much more two regions must differ than each within itself: more gives larger regions."""
    sigma: float = 0.8
    """Standard deviation in pixels by which the image is smoothed before."""
    min_size: int = 50
    """Pixels: smaller regions are merged with a neighbour."""

    def __post_init__(self) -> None:
        if not (self.scale > 0 and self.sigma >= 0 and self.min_size >= 1):
            raise ValueError("scale must be positive, sigma not negative, and min_size at least one pixel")

    def open(self, device: torch.device) -> Find:
        """Load nothing."""
        return lambda _, image: self.find(image)

    def find(self, image: UInt8[np.ndarray, "h w 3"]) -> Layers:
        """Return the partition of an image."""
        return partition(
            skimage.segmentation.felzenszwalb(image, scale=self.scale, sigma=self.sigma, min_size=self.min_size)
        )
