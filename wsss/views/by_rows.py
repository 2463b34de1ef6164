"""Logits of views, brought to pixels and merged a few rows at a time.

The logits of 81 labels at every pixel of an image of 500 x 375 are 61 MB. A CPU takes longer to write them anew for
each step of a merge than for the step itself; blocks of rows stay in its cache.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, final

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from wsss.resample import linear_rows

BLOCK: Final = 1 << 18
"""Numbers of a block on a CPU: 1 MiB. Other devices take all rows at once."""
Join = Callable[[Tensor, Tensor], Tensor]
"""Merges two blocks of logits of one shape, such as `torch.add`."""
Finish = Callable[[Tensor], Tensor]
"""Makes something of the same rows of pixels out of merged logits, such as labels."""


@final
@dataclass(frozen=True, kw_only=True)
class ByRows:
    """The logits of one view, brought to rows of pixels when these are asked for."""

    logits: Float[Tensor, "b labels y w"]
    """As wide as the image; their rows are still the network's cells."""
    height: int
    """Rows of the image in pixels."""
    mirrored: bool = False
    """Whether left and right are still exchanged."""

    @classmethod
    def of(cls, logits: Float[Tensor, "b labels y x"], *, size: tuple[int, int], mirrored: bool) -> "ByRows":
        """Take a network's answer for an image of `size` pixels, (height, width)."""
        if logits.shape[-2:] == size:
            return cls(logits=logits, height=size[0], mirrored=mirrored)
        single = logits.float()
        single = single.flip(-1) if mirrored else single
        across = (single.shape[-2], size[1])
        wide = functional.interpolate(single, size=across, mode="bilinear", align_corners=False)
        return cls(logits=wide, height=size[0])

    def rows(self, rows: slice) -> Float[Tensor, "b labels r w"]:
        """Return the logits of some rows of pixels, in single precision, interpolated linearly."""
        logits = linear_rows(self.logits, height=self.height, rows=rows).float()
        return logits.flip(-1) if self.mirrored else logits


def joined(views: Sequence[ByRows], join: Join) -> Iterator[tuple[slice, Float[Tensor, "b labels r w"]]]:
    """Merge views of one batch: yield blocks of rows of pixels and their merged logits, from the top to the bottom."""
    logits, height = views[0].logits, views[0].height
    across = logits.shape[0] * logits.shape[1] * logits.shape[-1]
    count = max(1, BLOCK // across) if logits.device.type == "cpu" else height
    for top in range(0, height, count):
        rows = slice(top, min(top + count, height))
        yield rows, reduce(join, (view.rows(rows) for view in views))


def written(views: Sequence[ByRows], join: Join, *, finish: Finish = lambda logits: logits) -> Tensor:
    """Merge views of one batch, and return what `finish` makes of the merged logits, written once."""
    whole: Tensor | None = None
    for rows, logits in joined(views, join):
        block = finish(logits)
        if whole is None:
            whole = block.new_empty((*block.shape[:-2], views[0].height, block.shape[-1]))
        whole[..., rows, :] = block
    assert whole is not None  # an image has a row
    return whole
