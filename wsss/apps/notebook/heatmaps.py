"""Heatmaps of an image, as `wsss.explain` returns them: tensors to go on with, and a picture to look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from wsss.apps.notebook.shown import Shown
from wsss.draw.grid import Grid, Strip
from wsss.draw.overlay import Picture, heat_overlay
from wsss.draw.panels import HeatPanel, resized
from wsss.errors import ConfigError, one_of

SIDE: Final = 256
"""Pixels of the longer side of a picture in a grid."""
LEAST: Final = 176
"""Pixels that a column takes at least, so that there is room for its words."""
ACROSS: Final = 6
"""Methods beside one another; further ones stand below them."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Heatmap:
    """Where one method says that a network saw one target."""

    method: str
    target: str
    score: float
    """What the network answers for the target: the logit of a class, or the number that the target asks for."""
    map: Float[Tensor, "h w"]
    """In [0, 1], less its minimum and divided by its maximum, at the image's own size, on the CPU."""


@final
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Heatmaps(Shown, Sequence[Heatmap]):
    """The heatmaps of an image, method by method and for each the targets in the order in which they were given.

    `heatmaps["layercam"]` and `heatmaps["tabby"]` are those of one method and of one target, `heatmaps[0]` is one.
    """

    image: Picture
    layer: str
    """The layer from which the maps were read."""
    heatmaps: tuple[Heatmap, ...]
    left_out: dict[str, str]
    """Methods that do not fit the network, and why."""

    @property
    def maps(self) -> Float[Tensor, "n h w"]:
        """All maps, in [0, 1]: one a target, where there is one method."""
        return torch.stack([heatmap.map for heatmap in self.heatmaps])

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods."""
        return tuple(dict.fromkeys(heatmap.method for heatmap in self.heatmaps))

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets."""
        return tuple(dict.fromkeys(heatmap.target for heatmap in self.heatmaps))

    def __len__(self) -> int:
        return len(self.heatmaps)

    def __iter__(self) -> Iterator[Heatmap]:
        return iter(self.heatmaps)

    def __getitem__(self, which: int | str) -> "Heatmap | Heatmaps":  # type: ignore[override]
        """Return a heatmap by its position, or those of a method or target; `ConfigError` for a name that is not there.

        A target that is called as a method is stands back.
        """
        if isinstance(which, int):
            return self.heatmaps[which]
        for names in ("method", "target"):
            if found := tuple(heatmap for heatmap in self.heatmaps if getattr(heatmap, names) == which):
                return replace(self, heatmaps=found)
        raise ConfigError([f"there is no heatmap of {which!r}; there are: {one_of([*self.methods, *self.targets])}"])

    def overlay(self) -> Image.Image:
        """Draw the map over the image at its own size; several in a grid of targets down and methods across."""
        if len(self.heatmaps) == 1:
            return Image.fromarray(heat_overlay(self.image, self.heatmaps[0].map.numpy()))
        small = resized(self.image, side=SIDE)
        grid = Grid(columns=1 + min(len(self.methods), ACROSS), width=max(LEAST, small.shape[1]))
        strips = [strip for target in self.targets for strip in self._strips(grid, target, image=small)]
        return grid.page([*strips, grid.heat_scale()])

    def caption(self) -> str:
        """Return what is explained, by what, and the layer."""
        left_out = "".join(f" {name} is left out: {reason}." for name, reason in self.left_out.items())
        return f"{', '.join(self.targets)} by {', '.join(self.methods)} at layer {self.layer}.{left_out}"

    def _strips(self, grid: Grid, target: str, *, image: Picture) -> Iterator[Strip]:
        own = [heatmap for heatmap in self.heatmaps if heatmap.target == target]
        yield grid.heading(target, remark=f"score {own[0].score:.3g}")
        for first in range(0, len(own), ACROSS):
            shown = own[first : first + ACROSS]
            drawn = [HeatPanel(title=each.method, scores=each.map.numpy()).draw(image) for each in shown]
            yield grid.words(["image", *(each.method for each in shown)], bold=True)
            yield grid.pictures([image, *drawn])
            yield grid.space()
