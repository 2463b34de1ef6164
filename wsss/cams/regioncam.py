"""Region-CAM (2025, arXiv 2510.25134): evidence of all stages of a network, propagated from the deepest to a fine one.

Reconstructed from the abstract: it says that semantic information maps are made of the gradients and the features of
each stage, and that semantic information is propagated between the stages. The formulas are our own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import CAMMethod, by_image, gradients_of, scaled_to_one
from wsss.protocols import CutClassifier
from wsss.resample import resample
from wsss.types import Images, RawMaps, Targets


@final
@dataclass(frozen=True, kw_only=True)
class RegionCAM(CAMMethod):
    """R_l(i) = sum_j W_l(i, j) R_l+1(j), W_l the softmax over cells j around i of cos(A_l(i), A_l(j)) / temperature.

    Reconstructed from the abstract, as the module says. R of the last block is its semantic information map, which is
    relu(sum_k relu(G_k) A_k), as in LayerCAM, brought to [0, 1]. From block to block the map is interpolated to the
    finer grid, and every cell takes the mean of those around it that have similar features, so what does not look alike
    does not mix; `stage` says what part the block's own map has. It ends at `block`, and costs a backward pass a block.
    """

    block: str = "block2"
    """Where the map ends. Every block from there to the last is a stage."""
    radius: int = 4
    """Cells on each side of a cell that it takes from."""
    temperature: float = 0.1
    """Of the cosines: less leaves the most similar cells only, and at 0 a cell would keep what it has."""
    stage: Literal["none", "mean", "product"] = "mean"
    """Whether a block's own map is left out, averaged with what was propagated, or multiplied by it."""

    def __post_init__(self) -> None:
        if self.radius < 1:
            raise ValueError(f"radius must be at least 1, got {self.radius}")
        if self.temperature <= 0:
            raise ValueError(f"temperature must be positive, got {self.temperature}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        # Half precision would round away the small differences between cells that are alike.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            found: Tensor | None = None
            for block in reversed(model.blocks[model.blocks.index(self.block) :]):
                cut = model.until(block, images)
                maps = cut.maps.float()
                gradients = gradients_of(model, block, cut=cut, targets=targets)
                own = scaled_to_one((gradients.relu() * maps[targets.image]).sum(dim=1).relu())
                found = own if found is None else self._carried(found, own, features=maps, targets=targets)
        assert found is not None, "check() comes first"
        return found

    def _carried(
        self, deeper: Float[Tensor, "n _ _"], own: RawMaps, *, features: Float[Tensor, "b d y x"], targets: Targets
    ) -> RawMaps:
        """Return the maps of a deeper block at the grid of one before it, carried along its features."""
        height, width = own.shape[-2:]
        stride = height / deeper.shape[-2], width / deeper.shape[-1]
        maps = resample(deeper, stride=stride, size=(height, width))
        for image, mine in by_image(targets):
            maps[mine] = self._along(features[image[0]], maps[mine])
        match self.stage:
            case "none":
                return maps
            case "mean":
                return (maps + own) / 2
            case "product":
                return maps * own
            case _:
                assert_never(self.stage)

    def _along(self, features: Float[Tensor, "d y x"], maps: Float[Tensor, "m y x"]) -> Float[Tensor, "m y x"]:
        """Return the mean of the maps around each cell, weighted by how similar features are."""
        directions = functional.normalize(features, dim=0)
        inside = torch.ones_like(features[:1])
        pairs = zip(around(directions, self.radius), around(inside, self.radius), strict=True)
        cosines = [(directions * moved).sum(dim=0).masked_fill(there[0] == 0, -torch.inf) for moved, there in pairs]
        weights = (torch.stack(cosines) / self.temperature).softmax(dim=0)
        taken = torch.zeros_like(maps)
        for weight, moved in zip(weights, around(maps, self.radius), strict=True):
            taken += weight * moved
        return taken


def around(maps: Float[Tensor, "d y x"], radius: int) -> Iterator[Float[Tensor, "d y x"]]:
    """Yield what lies at each offset from every cell, row by row, the cell itself included; beyond the maps is 0."""
    height, width = maps.shape[-2:]
    padded = functional.pad(maps, (radius, radius, radius, radius))
    for top in range(2 * radius + 1):
        for left in range(2 * radius + 1):
            yield padded[:, top : top + height, left : left + width]
