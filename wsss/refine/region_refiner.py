"""Refinement by the regions of an image: what its members share."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import UInt16
from numpy.typing import NDArray

from wsss.refine.base import Inputs, Refine, Refiner
from wsss.types import ScoreMaps


@dataclass(frozen=True, kw_only=True)
class RegionRefiner(Refiner):
    """Reads the regions of each image, as `find_regions` found them; maps return at the image's own size."""

    needs: ClassVar[Mapping[str, str]] = {"regions": "regions"}

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Take the regions of the images."""
        regions: Sequence[UInt16[np.ndarray, "k h w"]] = inputs.get("regions", ())

        def refine(images: Sequence[NDArray[np.uint8]], every: Sequence[ScoreMaps]) -> list[ScoreMaps]:
            triples = zip(images, every, regions, strict=True)
            return [self.apply(maps.to(device), regions=found) for _, maps, found in triples]

        return refine

    @torch.no_grad()
    def apply(self, maps: ScoreMaps, *, regions: UInt16[np.ndarray, "k h w"]) -> ScoreMaps:
        """Refine the maps of an image; raises `ValueError` for the regions of another image."""
        if regions.shape[1:] != maps.size.over(1):
            raise ValueError(f"regions of {regions.shape[1:]} pixels do not belong to maps of {maps.size}")
        return self.refined(maps.full(), regions=regions)

    @abstractmethod
    def refined(self, full: ScoreMaps, *, regions: UInt16[np.ndarray, "k h w"]) -> ScoreMaps:
        """Refine maps at the image's own size."""
