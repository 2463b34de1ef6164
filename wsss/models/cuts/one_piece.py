"""A network that cannot be cut, as a classifier with one block: the image itself."""

from abc import ABC, abstractmethod
from typing import Final

from jaxtyping import Float
from torch import Tensor

from wsss.types import Cut, Images


class OnePiece(ABC):
    """Its only cut holds the images; `classify` makes logits of them."""

    blocks: Final = ("image",)
    stride: Final = 1

    def until(self, block: str, images: Images) -> Cut:
        """Return the images."""
        del block  # there is one
        return Cut(maps=images, stride=1)

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return the logit of every class's probability."""
        del block
        return self.classify(cut.maps)

    @abstractmethod
    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """See `Classifies`."""
