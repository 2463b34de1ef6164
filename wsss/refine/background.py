"""Background rules: how strong the background is where nobody drew it. Each adds row 0."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.labels import BACKGROUND
from wsss.refine.base import BackgroundRow, Inputs, Refine, Refiner
from wsss.types import ScoreMaps


@dataclass(frozen=True, kw_only=True)
class BackgroundRule(Refiner):
    """A rule that gives the background's score from the strongest foreground score of each pixel."""

    background_row: ClassVar[BackgroundRow] = "adds"

    @abstractmethod
    def background(self, strongest: Float[Tensor, "y x"]) -> Float[Tensor, "y x"]:
        """Return the background's score, in [0, 1]."""

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Read nothing."""
        return lambda _, every: [self.apply(maps.to(device)) for maps in every]

    def apply(self, maps: ScoreMaps) -> ScoreMaps:
        """Add row 0; raises `ValueError` where it is there already: `refine` has two background rules."""
        if maps.has_background:
            raise ValueError("these maps have a background already: keep one background rule in `refine`")
        strongest = maps.scores.amax(dim=0) if len(maps.labels) else maps.scores.new_zeros(maps.scores.shape[-2:])
        return replace(
            maps,
            labels=torch.cat([maps.labels.new_tensor([BACKGROUND]), maps.labels]),
            scores=torch.cat([self.background(strongest)[None], maps.scores]),
            peaks=None,
        )


@dataclass(frozen=True, kw_only=True)
class ConstantBackground(BackgroundRule):
    """The same score everywhere: a pixel is foreground where some class exceeds `threshold` (IRN, ReCAM).

    >>> from wsss.types import Size
    >>> scores = torch.tensor([[[0.1, 0.8]]])
    >>> maps = ScoreMaps(labels=torch.tensor([3]), scores=scores, size=Size(height=1, width=2))
    >>> ConstantBackground(threshold=0.25).apply(maps).scores[0]
    tensor([[0.2500, 0.2500]])
    """

    threshold: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold must lie in [0, 1], got {self.threshold}")

    @property
    def strictness(self) -> float:
        """See `Refiner`."""
        return self.threshold

    def background(self, strongest: Float[Tensor, "y x"]) -> Float[Tensor, "y x"]:
        """Return the threshold, everywhere."""
        return torch.full_like(strongest, self.threshold)


@dataclass(frozen=True, kw_only=True)
class PowerBackground(BackgroundRule):
    """(1 - strongest)^exponent (PSA, Ahn and Kwak, CVPR 2018, eq. 2): a larger exponent means less background.

    >>> from wsss.types import Size
    >>> scores = torch.tensor([[[0.5, 1.0]]])
    >>> maps = ScoreMaps(labels=torch.tensor([3]), scores=scores, size=Size(height=1, width=2))
    >>> PowerBackground(exponent=2.0).apply(maps).scores[0]
    tensor([[0.2500, 0.0000]])
    """

    exponent: float = 4.0

    def __post_init__(self) -> None:
        if self.exponent <= 0:
            raise ValueError(f"exponent must be positive, got {self.exponent}")

    @property
    def strictness(self) -> float:
        """See `Refiner`."""
        return -self.exponent

    def background(self, strongest: Float[Tensor, "y x"]) -> Float[Tensor, "y x"]:
        """Return the complement of the strongest score, raised to the exponent."""
        return (1 - strongest).clamp(min=0) ** self.exponent
