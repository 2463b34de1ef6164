"""Classifiers whose classes exclude one another, such as ImageNet's, where a probability is asked for."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.models.cuts.one_piece import OnePiece
from wsss.types import Images


class Exclusive(OnePiece):
    """A network in one piece: the sigmoid of a class's logit is its share of the softmax of `ask`.

    The last `prompts` of the logits have a part in the softmax, and are not asked for. With a `rival` it is the
    probability of the class if it is one of the two.
    """

    def __init__(
        self, ask: Callable[[Images], Float[Tensor, "b every"]], *, prompts: int = 0, rival: int | None = None
    ) -> None:
        self._ask = ask
        self._prompts = prompts
        self._rival = rival

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
