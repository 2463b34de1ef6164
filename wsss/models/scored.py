"""Targets of any kind for CAM methods: numbers that are asked of a network's answer, in the place of class logits."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from wsss.errors import ModelError
from wsss.protocols import CutClassifier
from wsss.types import Cut, Images

Score = Callable[[Tensor], Float[Tensor, " b"]]
"""A number an image, from the network's answer, whose first axis is the batch."""


class Scored:
    """A network whose `classes` are scores: target i of a CAM method is `scores[i]` of the network's answer.

    It satisfies `CutClassifier`, so methods that need no more than cuts work with any target that can be written down:

    >>> import torch
    >>> from wsss.cams import GradCAM
    >>> from wsss.models import Hooked, Scored, region
    >>> from wsss.types import Targets
    >>> network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.ReLU(), torch.nn.Conv2d(4, 2, 1)).eval()
    >>> left = torch.zeros(8, 8, dtype=torch.bool)
    >>> left[:, :4] = True
    >>> target = Scored(Hooked(network, {"last": network[1]}), [region(1, mask=left)])
    >>> GradCAM()(target, torch.ones(1, 3, 8, 8), Targets.of([[0]])).shape
    torch.Size([1, 8, 8])
    """

    def __init__(self, model: CutClassifier, scores: Sequence[Score]) -> None:
        if not scores:
            raise ModelError("scores: none is given, so nothing can be asked of the network")
        self._model = model
        self._scores = tuple(scores)

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

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return every score of the network's answer. Raises `ModelError` for one that is not a number an image."""
        answer = self._model.after(block, cut)
        columns = [score(answer) for score in self._scores]
        for position, column in enumerate(columns):
            if column.shape != (len(cut.maps),):
                shapes = f"{list(column.shape)} for {len(cut.maps)} images"
                raise ModelError(f"scores[{position}] returns the shape {shapes}: return one number an image, [b]")
        return torch.stack(columns, dim=1)


def logit(cls: int) -> Score:
    """Return the score of a class: its logit in an answer `[b c]`."""
    return lambda answer: answer[:, cls]


def region(label: int, *, mask: Bool[Tensor, "h w"]) -> Score:
    """Return the mean logit of a label over the pixels of `mask`, in a segmentation network's answer `[b labels h w]`.

    This is the target of Seg-Grad-CAM (Vinogradova et al., AAAI 2020), whose sum differs by a factor. Raises
    `ModelError` for a mask without a pixel.
    """
    if not mask.any():
        raise ModelError("mask: no pixel is set, so there is nothing to explain")
    return lambda answer: answer[:, label][:, mask.to(answer.device)].mean(dim=1)


def similarity(reference: Float[Tensor, " d"]) -> Score:
    """Return the cosine of an embedding `[b d]` and a reference, such as a text's or another image's."""
    return lambda answer: functional.cosine_similarity(answer, reference.to(answer)[None], dim=1)
