"""CAA (Lin et al., CVPR 2023): spread a class's map along a transformer's attention, from where the class was found.

It is the class-aware attention-based affinity of CLIP-ES, around any method and any network whose blocks attend.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, assert_never

import numpy as np
import scipy
import skimage
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from wsss.boxes.components import components
from wsss.cams.attention import AttentionCAM, Matrix, balanced
from wsss.cams.base import CAMMethod, scaled_to_one
from wsss.cams.gradcam import GradCAM


@dataclass(frozen=True, kw_only=True)
class CAA(AttentionCAM):
    """M = (D ^ power) (B * relu(base)), D the attention among cells, balanced and made symmetric.

    The attention is averaged over heads and the last blocks, its columns and rows are brought to a sum of 1 in turn
    (Sinkhorn), and D is the mean of the result and its transpose. B is 1 in the boxes around the regions of the class's
    own map: only cells within them give, and any cell may receive.

    Boxes hold the last row and column of their region, which the authors' code leaves out. Superpixels (SLIC) follow
    the image's edges, where a box takes in what lies around a slanting object. The idea is that of SSR (AAAI 2026);
    its formulas are not known here, and these are our own.
    """

    called: ClassVar[str] = "CAA"

    base: CAMMethod = field(default_factory=GradCAM)
    rounds: int = 3
    """How often columns and rows are scaled."""
    power: int = 2
    """Steps along the attention."""
    box: float = 0.4
    """Share of a map's maximum above which cells are a region; at 0 all cells above nothing are."""
    mask: Literal["boxes", "superpixels", "everywhere"] = "boxes"
    """Where a class's cells give: in the boxes around its regions, in the superpixels that these touch, or anywhere."""
    segments: int = 200
    """About how many superpixels a view has, for that mask."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rounds < 0 or self.power < 0:
            raise ValueError(f"rounds and power must not be negative, got {self.rounds} and {self.power}")
        if not 0 <= self.box < 1:
            raise ValueError(f"box must lie in 0 .. 1, below 1; got {self.box}")
        if self.segments < 1:
            raise ValueError(f"segments must be at least 1, got {self.segments}")

    def carried(
        self, maps: Float[Tensor, "m y x"], attention: Matrix, *, image: Float[Tensor, "3 h w"]
    ) -> Float[Tensor, "m y x"]:
        """See `AttentionCAM`."""
        giving = (maps * self._within(maps, image=image)).flatten(1)
        return (giving @ self._affinity(attention).mT).reshape(maps.shape)

    def _within(self, maps: Float[Tensor, "m y x"], *, image: Float[Tensor, "3 h w"]) -> Bool[Tensor, "m y x"]:
        """Return which cells give."""
        match self.mask:
            case "boxes":
                return boxes(maps, share=self.box)
            case "superpixels":
                return touched(maps, parts=superpixels(image, segments=self.segments, like=maps), share=self.box)
            case "everywhere":
                return torch.ones_like(maps, dtype=torch.bool)
            case _:
                assert_never(self.mask)

    def _affinity(self, attention: Matrix) -> Matrix:
        """Return what a cell (row) receives of each; it stays symmetric."""
        even = balanced(attention, rounds=self.rounds)
        affinity: Tensor = torch.linalg.matrix_power((even + even.mT) / 2, self.power)
        return affinity


def boxes(maps: Float[Tensor, "n y x"], *, share: float) -> Bool[Tensor, "n y x"]:
    """Return where cells lie in the box around any connected region above a share of their map's maximum.

    >>> boxes(torch.tensor([[[9.0, 0.0, 0.0], [0.0, 8.0, 0.0], [0.0, 0.0, 0.0]]]), share=0.4)[0].int()
    tensor([[1, 1, 0],
            [1, 1, 0],
            [0, 0, 0]], dtype=torch.int32)
    """
    inside = torch.zeros_like(maps, dtype=torch.bool)
    above = maps > share * maps.amax(dim=(1, 2), keepdim=True)
    for place, regions in enumerate(above.cpu().numpy()):
        for box in scipy.ndimage.find_objects(components(regions)[0]):
            inside[(place, *box)] = True
    return inside


def superpixels(image: Float[Tensor, "3 h w"], *, segments: int, like: Float[Tensor, "m y x"]) -> Int64[Tensor, "y x"]:
    """Return the number, from 0 on, of the superpixel that the centre of each of a map's cells lies in.

    The image is normalised; SLIC sees its values from the lowest to the highest as colours from 0 to 1.
    """
    pixels = scaled_to_one(image[None])[0].permute(1, 2, 0).cpu().numpy()
    numbers = skimage.segmentation.slic(pixels, n_segments=segments, start_label=0)
    (height, width), (rows, columns) = numbers.shape, like.shape[-2:]
    down, right = (
        (2 * np.arange(rows) + 1) * height // (2 * rows),
        (2 * np.arange(columns) + 1) * width // (2 * columns),
    )
    return torch.from_numpy(numbers[np.ix_(down, right)]).long().to(like.device)


def touched(maps: Float[Tensor, "n y x"], *, parts: Int64[Tensor, "y x"], share: float) -> Bool[Tensor, "n y x"]:
    """Return where cells lie in any part of the image that holds a cell above a share of their map's maximum.

    >>> maps, parts = torch.tensor([[[9.0, 0.0, 1.0], [0.0, 0.0, 0.0]]]), torch.tensor([[0, 1, 1], [0, 1, 2]])
    >>> touched(maps, parts=parts, share=0.4)
    tensor([[[ True, False, False],
             [ True, False, False]]])
    """
    above = (maps > share * maps.amax(dim=(1, 2), keepdim=True)).flatten(1)
    holds = torch.zeros(len(maps), int(parts.max()) + 1, device=maps.device)
    holds.index_add_(1, parts.flatten(), above.float())
    return holds[:, parts] > 0
