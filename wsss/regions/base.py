"""The interface of what finds regions in an image."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from jaxtyping import UInt8, UInt16

from wsss.configurable import Configurable

MOST_REGIONS: Final = 65_535
"""In one layer."""

Layers = UInt16[np.ndarray, "k h w"]
"""Regions of an image in layers: in each, pixels of a region have its number, from 1 on, and 0 is in none.

Regions of one layer do not overlap; those of several layers may.
"""
Find = Callable[[str, UInt8[np.ndarray, "h w 3"]], Layers]
"""Finds the regions of an image, which is given with its id."""


@dataclass(frozen=True, kw_only=True)
class RegionFinder(Configurable, ABC):
    """Finds parts of an image that belong together, whatever their class."""

    @property
    def on_device(self) -> bool:
        """Whether it works on a GPU, where there is one; the others are spread over processes of the CPU."""
        return False

    def check(self) -> None:
        """Raise a `WsssError` where it cannot work here; called before anything is computed."""
        return

    def check_images(self, ids: list[str]) -> None:
        """Raise a `WsssError` where it has nothing on some images; called as soon as their ids are known."""
        del ids

    @abstractmethod
    def open(self, device: torch.device) -> Find:
        """Load what all images need, and return what finds the regions of one."""
