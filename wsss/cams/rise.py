"""RISE (Petsiuk et al., BMVC 2018): where random masks must leave an image open for a class to be seen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.cams.base import CAMMethod, by_image, check_chunk, single
from wsss.cams.scores import Score, classify, scores_of
from wsss.protocols import Classifies, CutClassifier
from wsss.resample import resample
from wsss.types import Cut, Images, RawMaps, Targets

IMAGE: Final = "image"
"""The block before the first: pixels are masked, and not cells of maps."""


@dataclass(frozen=True, kw_only=True)
class RISE(CAMMethod):
    """The mean of random masks, each weighted by what the class scores of what it leaves, less the masks' mean score.

    The paper divides by the share of open cells and keeps the mean, which lifts every pixel alike but for chance;
    without it fewer masks do. No gradient is needed, so it serves detectors, where it is D-RISE (Petsiuk et al., CVPR
    2021). Maps have the resolution of what is masked. Every image gets the same masks.
    """

    differentiates: ClassVar[bool] = False

    block: str = IMAGE
    """`image`: masks close pixels, as in the paper, with the mean colour. After a block of the network they set cells
    of its maps to 0, and only what follows runs again."""
    masks: int = 1000
    """Noise falls with the square root of it."""
    cells: int = 8
    """Of the longer side of a mask, before it is enlarged and shifted: smaller objects need more."""
    kept: float = 0.5
    """Share of the cells that are open."""
    score: Score = "logit"
    random_seed: int = 0
    """Of the masks."""
    chunk: int = 16
    """Masks at a time. Memory grows with it, results do not change."""

    def __post_init__(self) -> None:
        check_masks(masks=self.masks, cells=self.cells, kept=self.kept)
        check_chunk(self.chunk)

    def long_passes(self, model: CutClassifier, images: Images) -> int:
        """See `CAMMethod`: one for each mask of pixels."""
        del images
        return self.masks if self._of_pixels(model) else 0

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        with torch.no_grad():
            whole = Cut(maps=images, stride=1) if self._of_pixels(model) else model.until(self.block, images)
            cut = single(whole)
            raw = cut.maps.new_zeros(len(targets), *cut.maps.shape[2:])
            # What a mask takes from a logit is smaller than what half precision rounds away.
            with torch.autocast(cut.maps.device.type, enabled=False):
                for image, mine in by_image(targets):
                    raw[mine] = self._covariances(model, cut.take(image), targets.cls[mine]).to(raw)
        return raw

    def check(self, model: CutClassifier) -> None:
        """Refuse a block that is neither the image nor one of the network's."""
        if self.block != IMAGE:
            super().check(model)

    def _of_pixels(self, model: CutClassifier) -> bool:
        return self.block == IMAGE and IMAGE not in model.blocks

    def _covariances(self, model: CutClassifier, cut: Cut, classes: Tensor) -> Float[Tensor, "k y x"]:
        def ask(masks: Float[Tensor, "b y x"]) -> Float[Tensor, "b k"]:
            part = cut.take(torch.zeros(len(masks), dtype=torch.int64, device=cut.maps.device))
            seen = part.maps * masks[:, None].to(part.maps)
            logits = asked(model, seen) if self._of_pixels(model) else model.after(self.block, part.with_maps(seen))
            return scores_of(logits, score=self.score)[:, classes]

        masks = random_masks(
            cut.maps.shape[2:],
            count=self.masks,
            cells=self.cells,
            kept=self.kept,
            random_seed=self.random_seed,
            chunk=self.chunk,
        )
        return covariances(ask, masks)


def asked(model: CutClassifier, images: Images) -> Float[Tensor, "b c"]:
    """Return the logits of the whole network, in one pass where it offers that."""
    return model.classify(images) if isinstance(model, Classifies) else classify(model, images)


def covariances(
    ask: Callable[[Float[Tensor, "b y x"]], Float[Tensor, "b k"]], masks: Iterator[Float[Tensor, "b y x"]]
) -> Float[Tensor, "k y x"]:
    """Return, on the CPU, the mean of masks weighted by each of k scores, less the mean mask times the mean score."""
    weighted = opened = totals = torch.zeros(())
    count = 0
    for part in masks:
        scores, own = ask(part).cpu().double(), part.double()
        weighted = weighted + torch.einsum("bk,byx->kyx", scores, own)
        opened = opened + own.sum(dim=0)
        totals = totals + scores.sum(dim=0)
        count += len(part)
    return ((weighted - opened * totals[:, None, None] / count) / count).float()


def check_masks(*, masks: int, cells: int, kept: float) -> None:
    """Refuse with a `ValueError` numbers of which no random mask can be made."""
    if masks < 1 or cells < 1 or not 0 < kept < 1:
        raise ValueError(f"masks and cells are 1 or more and kept in (0, 1), got {masks}, {cells} and {kept}")


def random_masks(
    size: torch.Size, *, count: int, cells: int, kept: float, random_seed: int, chunk: int
) -> Iterator[Float[Tensor, "b h w"]]:
    """Yield masks in [0, 1]: open and closed cells, enlarged linearly and shifted by up to a cell."""
    height, width = size
    side = max(height, width) / cells
    rows, columns = (max(1, round(length / side)) for length in (height, width))
    down, across = -(-height // rows), -(-width // columns)
    generator = torch.Generator().manual_seed(random_seed)
    for start in range(0, count, chunk):
        number = min(chunk, count - start)
        # A row a mask, so that masks do not depend on how many are drawn at a time.
        drawn = torch.rand(number, 2 + (rows + 1) * (columns + 1), generator=generator)
        grid = (drawn[:, 2:].reshape(number, rows + 1, columns + 1) < kept).float()
        large = resample(grid, stride=(float(down), float(across)), size=((rows + 1) * down, (columns + 1) * across))
        top, left = ((drawn[:, axis] * length).long().tolist() for axis, length in ((0, down), (1, across)))
        yield torch.stack([m[t : t + height, s : s + width] for m, t, s in zip(large, top, left, strict=True)])
