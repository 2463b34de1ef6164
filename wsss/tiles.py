"""Tiles: an image too large for one pass is cut into overlapping squares, whose scores are merged without seams."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.types import Size

ALIGN: Final = 64
"""Tiles start at multiples of so many pixels: cells of a network of stride 32, also at half the scale, then lie where
they lie in the whole image."""

Scores = Float[Tensor, "labels y x"]
Block = tuple[slice, slice, Scores]
"""Rows and columns of the image, and the merged scores there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Span:
    """The pixels `start .. stop - 1` of an axis, and what a tile's scores count there; at every pixel it sums to 1."""

    start: int
    stop: int
    weight: Float[Tensor, " n"]

    @property
    def pixels(self) -> slice:
        """The span as an index."""
        return slice(self.start, self.stop)


@final
@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Squares of `side` pixels, of which neighbours share a quarter or a little more.

    The outer quarter of what two tiles share does not count, since a network knows least there and pads with nothing;
    over the middle half the weight passes linearly from one to the other. A network that sees less than a sixteenth of
    a side to each direction thus answers as it would for the whole image, and one that sees all of its tile (global
    pooling) shows no edge where two tiles differ. An image that fits in one tile is not cut.
    """

    side: int = 1024
    align: int = ALIGN

    def __post_init__(self) -> None:
        if self.align < 1 or self.side < 4 * self.align:
            raise ValueError(f"a tile must have at least {4 * self.align} pixels a side, got {self.side}")

    def spans(self, length: int) -> tuple[Span, ...]:
        """Return the spans that cover an axis of `length` pixels; all but a lone one are nearly `side` long.

        >>> [(span.start, span.stop) for span in Tiles(side=256).spans(600)]
        [(0, 256), (192, 448), (384, 600)]
        """
        step = 3 * self.side // 4 // self.align * self.align
        starts = list(range(0, max(0, length - self.side), step))
        starts.append(-(-max(0, length - self.side) // self.align) * self.align)
        edges = [(start, min(start + self.side, length)) for start in starts]
        weights = [self._weight(start, stop, length=length, shared=self.side - step) for start, stop in edges]
        total = torch.zeros(length)
        for (start, stop), weight in zip(edges, weights, strict=True):
            total[start:stop] += weight
        return tuple(
            Span(start=start, stop=stop, weight=weight / total[start:stop])
            for (start, stop), weight in zip(edges, weights, strict=True)
        )

    def merged(self, size: Size, scores: Callable[[slice, slice], Scores]) -> Iterator[Block]:
        """Ask for the scores of every tile, by its rows and columns, and yield blocks that cover the image once each.

        Only what tiles share is kept, which is a quarter of a row of tiles, whatever the image's height.
        """
        above: Scores | None = None
        columns = _with_end(self.spans(size.width), length=size.width)
        for row, bottom in _with_end(self.spans(size.height), length=size.height):
            rest: list[Scores] = []
            for column, right, block in _joined(row, columns, scores):
                if above is not None:
                    block[:, : above.shape[1]] += above[:, :, column.start : right]
                yield slice(row.start, bottom), slice(column.start, right), block[:, : bottom - row.start]
                # A copy: a part of the block would keep the whole of it.
                rest.append(block[:, bottom - row.start :].clone())
            above = torch.cat(rest, dim=2)

    def _weight(self, start: int, stop: int, *, length: int, shared: int) -> Float[Tensor, " n"]:
        """Return the weight before it is divided by the sum of all: a ramp at each end that lies inside the image."""
        lost = shared // 4
        ramp = ((torch.arange(stop - start) + 0.5 - lost) / (shared - 2 * lost)).clamp(0, 1)
        weight = torch.ones(stop - start)
        if start > 0:
            weight = weight.minimum(ramp)
        if stop < length:
            weight = weight.minimum(ramp.flip(0))
        return weight


def _joined(
    row: Span, columns: Sequence[tuple[Span, int]], scores: Callable[[slice, slice], Scores]
) -> Iterator[tuple[Span, int, Scores]]:
    """Yield the weighted scores of a row of tiles, each with what its left neighbours add, up to the next one."""
    left: Scores | None = None
    for column, right in columns:
        block = scores(row.pixels, column.pixels) * row.weight[:, None] * column.weight
        if left is not None:
            block[:, :, : left.shape[2]] += left
        left = block[:, :, right - column.start :]
        yield column, right, block[:, :, : right - column.start]


def _with_end(spans: Sequence[Span], *, length: int) -> list[tuple[Span, int]]:
    """Pair every span with where the next one starts: up to there nothing is added to it."""
    return list(zip(spans, [*(span.start for span in spans[1:]), length], strict=True))
