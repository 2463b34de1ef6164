"""CAA (Lin et al., CVPR 2023): spread a class's map along a transformer's attention, from where the class was found.

It is the class-aware attention-based affinity of CLIP-ES, around any method and any network whose blocks attend.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

import scipy
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from wsss.boxes.components import components
from wsss.cams.adcam import Matrix, balanced, mean_attention
from wsss.cams.base import CAMMethod, by_image
from wsss.cams.gradcam import GradCAM
from wsss.errors import ModelError
from wsss.protocols import Attentive, CutClassifier
from wsss.types import Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class CAA(CAMMethod):
    """M = (D ^ power) (B * relu(base)), D the attention among cells, balanced and made symmetric.

    The attention is averaged over heads and the last blocks, its columns and rows are brought to a sum of 1 in turn
    (Sinkhorn), and D is the mean of the result and its transpose. B is 1 in the boxes around the regions of the class's
    own map: only cells within them give, and any cell may receive. Needs a base with a value for each cell of the
    attention. It costs the base, a forward pass, and z x z numbers a few times, z the cells of a view.

    Boxes hold the last row and column of their region, which the authors' code leaves out.
    """

    base: CAMMethod = field(default_factory=GradCAM)
    """What is spread: a method's maps after `block`, without their negative part."""
    layers: int | Literal["all"] = "all"
    """How many of the blocks that attend are averaged, counted from the last; CLIP-ES takes 8 of a ViT-B's 12."""
    rounds: int = 3
    """How often columns and rows are scaled."""
    power: int = 2
    """Steps along the attention."""
    box: float = 0.4
    """Share of a map's maximum above which cells are a region; at 0 all cells above nothing are."""

    def __post_init__(self) -> None:
        if self.layers != "all" and self.layers < 1:
            raise ValueError(f"layers must be at least 1, or all; got {self.layers}")
        if self.rounds < 0 or self.power < 0:
            raise ValueError(f"rounds and power must not be negative, got {self.rounds} and {self.power}")
        if not 0 <= self.box < 1:
            raise ValueError(f"box must lie in 0 .. 1, below 1; got {self.box}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        assert isinstance(model, Attentive), "check() comes first"
        # Half precision would round away the small weights that most of the attention consists of.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            maps = replace(self.base, block=self.block)(model, images, targets).relu()
            attention = mean_attention(model, images, blocks=self._attending(model))
            for image, mine in by_image(targets):
                giving = (maps[mine] * boxes(maps[mine], share=self.box)).flatten(1)
                maps[mine] = (giving @ self._affinity(attention[image[0]]).mT).reshape(maps[mine].shape)
        return maps

    def check(self, model: CutClassifier) -> None:
        """Refuse a network without attention, one with fewer layers than are asked for, and what the base refuses."""
        super().check(model)
        if not isinstance(model, Attentive):
            raise ModelError("CAA needs the attention of a transformer: use classifier=vit_small, or another cam")
        if self.layers != "all" and self.layers > len(model.attending):
            raise ModelError(f"cam.layers={self.layers}: only {len(model.attending)} of this network's blocks attend")
        replace(self.base, block=self.block).check(model)

    def _attending(self, model: Attentive) -> tuple[str, ...]:
        return model.attending if self.layers == "all" else model.attending[-self.layers :]

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
