"""SLIC superpixels (Achanta et al., TPAMI 2012)."""

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
class SLIC(RegionFinder):
    """Regions of about one size, which follow edges: k-means of colour and place."""

    segments: int = 200
    """About how many regions an image has."""
    compactness: float = 10.0
    """How much place counts beside colour: more gives squarer regions."""

    def __post_init__(self) -> None:
        if not (self.segments >= 1 and self.compactness > 0):
            raise ValueError("segments must be at least 1, and compactness positive")

    def open(self, device: torch.device) -> Find:
        """Load nothing."""
        return lambda _, image: self.find(image)

    def find(self, image: UInt8[np.ndarray, "h w 3"]) -> Layers:
        """Return the partition of an image."""
        return partition(
            skimage.segmentation.slic(image, n_segments=self.segments, compactness=self.compactness, start_label=0)
        )
