"""A classifier that is cut as another network is, and answers another question."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor

from wsss.protocols import CutClassifier
from wsss.types import Cut, Images


class Reworded(ABC):
    """Has the blocks and cuts of a network; `after` makes numbers of its answer that stand in for class logits."""

    def __init__(self, model: CutClassifier) -> None:
        self._model = model

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the network's blocks, first to last."""
        return self._model.blocks

    @property
    def stride(self) -> int:
        """Input pixels a cell of the last block's maps."""
        return self._model.stride

    def until(self, block: str, images: Images) -> Cut:
        """See `CutClassifier`."""
        return self._model.until(block, images)

    @abstractmethod
    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return what is asked of the network's answer."""
