"""SEPL (Chen et al., 2023): regions that belong to a label for the most part take it as a whole."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt16
from torch import Tensor
from torch.nn import functional

from wsss.refine.base import BackgroundRow
from wsss.refine.region_refiner import RegionRefiner
from wsss.types import ScoreMaps


@final
@dataclass(frozen=True, kw_only=True)
class RegionChoice(RegionRefiner):
    """Give a region the label that more than half of its pixels have, or the class of which it holds most.

    Source: the rule `max_iou_imp2` of the authors' code, with four departures. Of several regions of a pixel the purest
    counts, where theirs goes by the order of classes. The background competes as the classes do. A region that covers a
    class must not be much larger than it, where theirs may be the whole image. Pixels that lie in no region with a
    label keep theirs, where those in a region without one become background.
    Scores are 1 for a pixel's label and 0 for the others.
    """

    background_row: ClassVar[BackgroundRow] = "needs"

    covers: float = 0.85
    """The share of a class's pixels that a region must hold to take the class whatever else it holds."""
    largest: float = 2.5
    """How large such a region may be, in sizes of the class."""
    disagreement: Literal["region", "open"] = "region"
    """Where the region's label is not that of the maps: `region` takes it, `open` gives both the same score, so that
    masks=confident ignores the pixel."""

    def __post_init__(self) -> None:
        if not (0 < self.covers <= 1 and self.largest >= 1):
            raise ValueError("covers must lie above 0 and up to 1, and largest must be at least 1")

    def refined(self, full: ScoreMaps, *, regions: UInt16[np.ndarray, "k h w"]) -> ScoreMaps:
        """Let regions choose labels; raises `ValueError` without a background row."""
        if not full.has_background:
            raise ValueError("regions choose between labels: put a background rule before them in `refine`")
        before = full.scores.argmax(dim=0)
        after, purest = before.clone(), torch.zeros_like(full.scores[0])
        for layer in regions:
            numbers = torch.from_numpy(layer.astype(np.int64)).to(before.device)
            choice, purity = self._chosen(before, numbers, labels=len(full.labels))
            better = purity[numbers] > purest
            after = torch.where(better, choice[numbers], after)
            purest = torch.where(better, purity[numbers], purest)
        return replace(full, scores=self._scores(before, after, labels=len(full.labels)))

    def _chosen(
        self, before: Int64[Tensor, "h w"], numbers: Int64[Tensor, "h w"], *, labels: int
    ) -> tuple[Int64[Tensor, " r"], Float[Tensor, " r"]]:
        """Return each region's label as a row of the maps, and which share of the region had it; 0 for none."""
        both = numbers.flatten() * labels + before.flatten()
        inside = torch.bincount(both, minlength=(int(numbers.max()) + 1) * labels).view(-1, labels).float()
        region, label = inside.sum(dim=1, keepdim=True), torch.bincount(before.flatten(), minlength=labels).float()
        takes = 2 * inside > region
        covers = (inside >= self.covers * label) & (region <= self.largest * label) & (label > 0)
        takes[:, 1:] |= covers[:, 1:]
        purity = torch.where(takes, inside / region.clamp(min=1), 0)
        purity[0] = 0  # pixels in no region
        best, choice = purity.max(dim=1)
        return choice, best

    def _scores(
        self, before: Int64[Tensor, "h w"], after: Int64[Tensor, "h w"], *, labels: int
    ) -> Float[Tensor, "m h w"]:
        chosen = functional.one_hot(after, labels).permute(2, 0, 1).float()
        if self.disagreement == "region":
            return chosen
        return (chosen + functional.one_hot(before, labels).permute(2, 0, 1).float()) / 2
