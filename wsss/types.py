"""The values that cross seams, validated when they are made.

Shape letters: b images, n (image, class) pairs, m labels, c classes, d channels, h w image pixels, y x cells of a map.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from wsss.labels import BACKGROUND, IGNORE, class_of
from wsss.resample import resample
from wsss.size import Size as Size  # noqa: PLC0414 - a face of the values that cross seams

Images = Float[Tensor, "b 3 h w"]
"""Normalised images, as a network wants them."""
RawMaps = Float[Tensor, "n y x"]
"""What a CAM method returns: signed, at its own resolution, one map a (image, class) pair."""

MAP_STRIDE: Final = 4
"""CAMs are kept at one cell for 4 x 4 pixels."""
ROUNDING: Final = 1e-5
"""How far interpolation may carry a score out of [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """n pairs of (which image of the batch, which class), in the order in which maps are returned."""

    image: Int64[Tensor, " n"]
    cls: Int64[Tensor, " n"]

    @classmethod
    def of(cls, classes: Sequence[Sequence[int]], *, device: torch.device | str = "cpu") -> "Targets":
        """Pair every image with each of its own classes, image by image; raises `ValueError` for a negative class.

        >>> targets = Targets.of([[0, 2], [1]])
        >>> targets.image.tolist(), targets.cls.tolist()
        ([0, 0, 1], [0, 2, 1])
        """
        pairs = [(image, index) for image, own in enumerate(classes) for index in own]
        image, index = zip(*pairs, strict=True) if pairs else ((), ())
        if min(index, default=0) < 0:  # would count from the last class on
            raise ValueError(f"classes are 0 or more, got {min(index)}")
        return cls(
            image=torch.tensor(image, dtype=torch.int64, device=device),
            cls=torch.tensor(index, dtype=torch.int64, device=device),
        )

    def __len__(self) -> int:
        return len(self.image)

    def rounds(self) -> Iterator[Int64[Tensor, " r"]]:
        """Yield positions of pairs, no image twice in a round: the j-th round holds the j-th pair of every image.

        One backward pass serves a whole round, so there are as many as the largest number of pairs of one image.

        >>> [positions.tolist() for positions in Targets.of([[0, 2], [1]]).rounds()]
        [[0, 2], [1]]
        """
        seen: dict[int, int] = {}
        rounds: list[list[int]] = []
        for position, image in enumerate(self.image.tolist()):
            turn = seen.get(image, 0)
            seen[image] = turn + 1
            if turn == len(rounds):
                rounds.append([])
            rounds[turn].append(position)
        for positions in rounds:
            yield torch.tensor(positions, dtype=torch.int64, device=self.image.device)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A network stopped after a block: the maps there, and what of its state the maps alone lose.

    `rest` holds tensors with the batch first (class and prefix tokens of a transformer); `stride` is the input pixels a
    cell.
    """

    maps: Float[Tensor, "b d y x"]
    stride: int
    rest: tuple[Tensor, ...] = ()

    def take(self, indices: Int64[Tensor, " r"]) -> "Cut":
        """Return the cut of the chosen images, in that order; an image may be taken several times."""
        return replace(self, maps=self.maps[indices], rest=tuple(part[indices] for part in self.rest))

    def with_maps(self, maps: Float[Tensor, "b d y x"]) -> "Cut":
        """Return the same cut with other maps."""
        return replace(self, maps=maps)


@dataclass(frozen=True, kw_only=True)
class ScoreMaps:
    """Scores of one image's labels, in [0, 1].

    `labels` are mask ids, increasing; without a row for label 0 no background rule was applied yet. Maps are either at
    stride 4 (`ceil(size / 4)` cells, what CAMs are kept at) or at the image's own size (what a CRF made).

    `peaks` are the maps' highest values before views divided by them, in the network's units: the division takes away
    how sure a network was. They stay with their labels whatever is made of the scores. None where they are not known,
    as once there is a background.

    >>> maps = ScoreMaps(labels=torch.tensor([1, 3]), scores=torch.zeros(2, 2, 3), size=Size(height=8, width=10))
    >>> maps.classes, maps.has_background
    ((0, 2), False)
    >>> maps.full().scores.shape
    torch.Size([2, 8, 10])
    """

    labels: Int64[Tensor, " m"]
    scores: Float[Tensor, "m y x"]
    size: Size
    peaks: Float[Tensor, " m"] | None = None

    def __post_init__(self) -> None:
        labels = self.labels.tolist()
        if len(labels) != len(self.scores):
            raise ValueError(f"{len(labels)} labels for {len(self.scores)} maps")
        if self.peaks is not None and len(self.peaks) != len(labels):
            raise ValueError(f"{len(self.peaks)} peaks for {len(labels)} labels")
        if any(a >= b for a, b in pairwise(labels)):
            raise ValueError(f"labels must increase, got {labels}")
        if any(not BACKGROUND <= label < IGNORE for label in labels):
            raise ValueError(f"labels must be in 0 .. 254, got {labels}")
        grid = tuple(self.scores.shape[-2:])
        if grid not in (self.size.over(1), self.size.over(MAP_STRIDE)):
            raise ValueError(f"maps of {grid} fit neither {self.size} nor a stride of {MAP_STRIDE}")
        low, high = self.scores.aminmax() if self.scores.numel() else (0.0, 1.0)
        # Not nan either, which every comparison denies.
        if not (low >= -ROUNDING and high <= 1 + ROUNDING):
            raise ValueError(f"scores must lie in [0, 1], got {float(low)} .. {float(high)}")

    @property
    def has_background(self) -> bool:
        """Whether a background rule has been applied."""
        return len(self.labels) > 0 and int(self.labels[0]) == BACKGROUND

    @property
    def classes(self) -> tuple[int, ...]:
        """The foreground classes that have a map."""
        return tuple(class_of(label) for label in self.labels.tolist() if label != BACKGROUND)

    def full(self) -> "ScoreMaps":
        """Return the maps at the image's own size, interpolated linearly; maps already there are left alone."""
        if tuple(self.scores.shape[-2:]) == self.size.over(1):
            return self
        stride = (float(MAP_STRIDE), float(MAP_STRIDE))
        return replace(self, scores=resample(self.scores, stride=stride, size=self.size.over(1)))

    def to(self, device: torch.device | str) -> "ScoreMaps":
        """Return the maps on another device."""
        peaks = None if self.peaks is None else self.peaks.to(device)
        return replace(self, labels=self.labels.to(device), scores=self.scores.to(device), peaks=peaks)
