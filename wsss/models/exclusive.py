"""Classifiers whose classes exclude one another, such as ImageNet's, where a probability is asked for."""

from collections.abc import Callable
from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.types import Cut, Images


class Exclusive:
    """A network in one piece: the sigmoid of a class's logit is its share of the softmax of `ask`.

    The last `prompts` of the logits have a part in the softmax, and are not asked for. With a `rival` it is the
    probability of the class if it is one of the two.
    """

    blocks: Final = ("image",)
    stride: Final = 1

    def __init__(
        self, ask: Callable[[Images], Float[Tensor, "b every"]], *, prompts: int = 0, rival: int | None = None
    ) -> None:
        self._ask = ask
        self._prompts = prompts
        self._rival = rival

    def until(self, block: str, images: Images) -> Cut:
        """Return the images."""
        del block  # there is one
        return Cut(maps=images, stride=1)

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return the logit of every class's probability."""
        del block
        return self.classify(cut.maps)

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """See `Classifies`."""
        logits = self._ask(images).float()
        asked = over_the_others(logits) if self._rival is None else logits - logits[:, self._rival, None]
        return asked[:, : logits.shape[1] - self._prompts]


def over_the_others(logits: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:
    """Return log(p / (1 - p)) of each class's share p of the softmax.

    >>> over_the_others(torch.tensor([[0.0, 0.0, 0.0]])).sigmoid()
    tensor([[0.3333, 0.3333, 0.3333]])
    """
    share = logits.log_softmax(dim=1)
    rest = -torch.expm1(share)
    return share - rest.clamp(min=torch.finfo(rest.dtype).tiny).log()
