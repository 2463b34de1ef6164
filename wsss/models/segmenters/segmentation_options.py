"""SegmentationOptions: what every kind of network that learns from masks says of itself before it is trained."""

from abc import abstractmethod
from dataclasses import dataclass

from torch import nn

from wsss.models.base import NetworkOptions
from wsss.models.segmenters.segmentation import SegmentationNetwork


@dataclass(frozen=True, kw_only=True)
class SegmentationOptions(NetworkOptions):
    """Options of a network with an encoder, which came with weights, and a decoder, which is new."""

    @abstractmethod
    def build(self, classes: tuple[str, ...], *, classifier: nn.Module | None = None) -> SegmentationNetwork:
        """See `NetworkOptions`; `classifier` is the trained one, whose backbone the encoder may start as."""

    @abstractmethod
    def skeleton(self, classes: tuple[str, ...]) -> SegmentationNetwork:
        """See `NetworkOptions`."""

    @abstractmethod
    def outline(self) -> SegmentationNetwork:
        """See `NetworkOptions`."""

    @property
    def of_classifier(self) -> bool:
        """Whether the encoder starts as the trained classifier's backbone, and sees pixels as that does."""
        return False

    def check_classifier(self, classifier: nn.Module) -> None:
        """Refuse with a `ModelError` a classifier from whose backbone the encoder cannot start, if it is to."""
        del classifier

    @abstractmethod
    def frozen_paths(self, block: str) -> tuple[str, ...]:
        """Return what holds the encoder's parameters, from the input up to and including a block.

        Raises a `ModelError` for a block that it does not have.
        """
