"""CAA (Lin et al., CVPR 2023): spread a class's map along a transformer's attention, from where the class was found.

It is the class-aware attention-based affinity of CLIP-ES, around any method and any network whose blocks attend.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import scipy
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from wsss.boxes.components import components
from wsss.cams.attention import AttentionCAM, Matrix, balanced
from wsss.cams.base import CAMMethod
from wsss.cams.gradcam import GradCAM


@dataclass(frozen=True, kw_only=True)
class CAA(AttentionCAM):
    """M = (D ^ power) (B * relu(base)), D the attention among cells, balanced and made symmetric.

    The attention is averaged over heads and the last blocks, its columns and rows are brought to a sum of 1 in turn
    (Sinkhorn), and D is the mean of the result and its transpose. B is 1 in the boxes around the regions of the class's
    own map: only cells within them give, and any cell may receive.

    Boxes hold the last row and column of their region, which the authors' code leaves out.
    """

    called: ClassVar[str] = "CAA"

    base: CAMMethod = field(default_factory=GradCAM)
    rounds: int = 3
    """How often columns and rows are scaled."""
    power: int = 2
    """Steps along the attention."""
    box: float = 0.4
    """Share of a map's maximum above which cells are a region; at 0 all cells above nothing are."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rounds < 0 or self.power < 0:
            raise ValueError(f"rounds and power must not be negative, got {self.rounds} and {self.power}")
        if not 0 <= self.box < 1:
            raise ValueError(f"box must lie in 0 .. 1, below 1; got {self.box}")

    def carried(self, maps: Float[Tensor, "m y x"], attention: Matrix) -> Float[Tensor, "m y x"]:
        """See `AttentionCAM`."""
        giving = (maps * boxes(maps, share=self.box)).flatten(1)
        return (giving @ self._affinity(attention).mT).reshape(maps.shape)

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
