"""Recipro-CAM (Byun and Lee, CVPR Workshops 2024): what a class scores where one position is all that is seen."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from wsss.cams.base import CAMMethod, by_image, check_chunk, single
from wsss.cams.scores import Score, scores_of
from wsss.protocols import CutClassifier, LinearHead
from wsss.types import Cut, Images, RawMaps, Targets


@dataclass(frozen=True, kw_only=True)
class ReciproCAM(CAMMethod):
    """R_c(i, j) = score of class c on maps that are 0 but at (i, j), above that of maps that are 0 everywhere.

    The paper scores by softmax, in which the labels of an image compete, and scales each map to [0, 1]. Only what
    follows the block runs again, once a position, for all labels of an image together. Before a linear head on pooled
    maps nothing does: the logit of a position is CAM divided by the number of positions.
    """

    differentiates: ClassVar[bool] = False

    score: Score = "logit"
    gaussian: bool = False
    """Spread the position over its neighbours by 1 2 1 along both axes, as the authors' code can. What their kernel
    loses beyond the borders, up to 7/16 in a corner, is given back to the neighbours inside."""
    chunk: int = 32
    """Positions at a time. Memory grows with it and not with their number, results do not change."""

    def __post_init__(self) -> None:
        check_chunk(self.chunk)

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        with torch.no_grad():
            cut = single(model.until(self.block, images))
            # A position's share of a logit is smaller than what half precision rounds away.
            with torch.autocast(cut.maps.device.type, enabled=False):
                if self.block == "last" and isinstance(model, LinearHead):
                    return self._by_product(model.head_weight.float(), cut, targets=targets)
                return self._by_passes(model, cut, targets=targets)

    def _by_product(self, weight: Float[Tensor, "c d"], cut: Cut, *, targets: Targets) -> RawMaps:
        """Return the maps before a linear head; what a position is spread over changes no mean, and so no logit."""
        batch, _, height, width = cut.maps.shape
        logits = torch.einsum("bdyx,cd->byxc", cut.maps, weight) / (height * width)
        rise = self._above(logits.flatten(0, 2), torch.zeros_like(logits[:1, 0, 0]))
        return rise.reshape(batch, height, width, -1)[targets.image, :, :, targets.cls]

    def _by_passes(self, model: CutClassifier, cut: Cut, *, targets: Targets) -> RawMaps:
        raw = cut.maps.new_zeros(len(targets), *cut.maps.shape[2:])
        for image, mine in by_image(targets):
            rise = self._rise(model, cut.take(image))[:, targets.cls[mine]]
            raw[mine] = rise.T.reshape(len(mine), *cut.maps.shape[2:])
        return raw

    def _rise(self, model: CutClassifier, cut: Cut) -> Float[Tensor, "z c"]:
        """Return by how much one image scores more where each position is all that is seen."""
        empty = model.after(self.block, cut.with_maps(torch.zeros_like(cut.maps)))
        every = torch.arange(cut.maps[0, 0].numel(), device=cut.maps.device)
        seen = [model.after(self.block, self._only(cut, chunk)) for chunk in torch.split(every, self.chunk)]
        return self._above(torch.cat(seen), empty)

    def _above(self, logits: Float[Tensor, "z c"], empty: Float[Tensor, "1 c"]) -> Float[Tensor, "z c"]:
        return scores_of(logits, score=self.score) - scores_of(empty, score=self.score)

    def _only(self, cut: Cut, positions: Int64[Tensor, " r"]) -> Cut:
        """Return a copy of one image's cut for each position, counted row by row, that holds only this one."""
        height, width = cut.maps.shape[2:]
        rows, columns = (self._shares(side).to(cut.maps.device) for side in (height, width))
        shares = rows[positions // width][:, :, None] * columns[positions % width][:, None]
        values = cut.maps[0].flatten(1).T[positions]
        copies = cut.take(torch.zeros_like(positions))
        torch.mul(values[:, :, None, None], shares[:, None], out=copies.maps)
        return copies

    def _shares(self, side: int) -> Float[Tensor, "{side} {side}"]:
        """Return, in row i, how much of position i every position of one axis gets."""
        if not self.gaussian:
            return torch.eye(side)
        distance = (torch.arange(side)[:, None] - torch.arange(side)).abs()
        kernel = (2.0 - distance).clamp(min=0)
        return kernel / kernel.sum(dim=1, keepdim=True)
