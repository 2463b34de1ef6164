"""The interface of refiners: opened once with what they read, then applied to lists of images and their maps."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.configurable import Configurable
from wsss.models.base import PlannedNetworks
from wsss.types import ScoreMaps

Refine = Callable[[Sequence[NDArray[np.uint8]], Sequence[ScoreMaps]], list[ScoreMaps]]
"""Images are uint8 `[h w 3]`; one set of maps an image goes in and comes out, on the device that was opened."""

Inputs = Mapping[str, Any]
"""What a refiner reads beyond the maps, by role.

A trained `Network`, the folder (`Path`) of files that are of all images, or a sequence with an item an image (regions).
A refiner that reads items is opened anew for the images of every batch.
"""

BackgroundRow = Literal["any", "adds", "needs"]


@dataclass(frozen=True, kw_only=True)
class Refiner(Configurable, ABC):
    """Improve maps with what the image shows. May add row 0, never drops a label."""

    needs: ClassVar[Mapping[str, str]] = {}
    """The artifacts that `open` reads beyond the maps: a name of `wsss.store.kinds` for each role in `reads`."""
    background_row: ClassVar[BackgroundRow] = "any"
    """What it makes of row 0: `adds` it, `needs` one to choose from, or takes `any` maps."""

    @abstractmethod
    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Take what is needed of `inputs` (by role) and return the function that refines."""

    @property
    def on_device(self) -> bool:
        """Whether it works on a GPU, where there is one; the others are spread over processes of the CPU."""
        return False

    @property
    def strictness(self) -> float | None:
        """How much background it draws, to be compared within its class alone; None where it draws none."""
        return None

    def resolved(self, device: torch.device) -> "Refiner":
        """Return the refiner with everything decided that it leaves to what is there; its `repr` goes to the log."""
        del device
        return self

    def check(self) -> None:
        """Raise a `WsssError` where the refiner cannot work here; called before anything is computed."""
        return

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Raise a `WsssError` where the networks that are read, by role, do not serve it; called with `check`."""
        return


def background_problems(chain: Mapping[str, Refiner], *, key: str, given: bool) -> list[str]:
    """Return what is wrong with the background along a list of refiners: none at the end, two, or one that is too late.

    `key` is the option that holds the list; `given` says whether the maps come with a background.
    """
    problems, there = [], given
    for name, refiner in chain.items():
        match refiner.background_row:
            case "adds" if there:
                problems.append(f"{key}.{name}: there is a background already: keep one rule, or none after a network")
            case "needs" if not there:
                problems.append(f"{key}.{name}: it chooses between labels: put a background rule before it")
            case _:
                pass
        there = there or refiner.background_row == "adds"
    if not (there or problems):
        problems.append(f"{key}: no refiner adds a background: give at least a rule for it, as refine=background does")
    return problems
