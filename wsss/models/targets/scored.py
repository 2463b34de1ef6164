"""Targets of any kind for CAM methods: numbers that are asked of a network's answer, in the place of class logits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.targets.reworded import Reworded
from wsss.protocols import CutClassifier
from wsss.types import Cut

Score = Callable[[Any], Float[Tensor, " b"]]
"""A number an image, from the network's answer: a tensor whose first axis is the batch, or a list with an item each."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class NamedScore:
    """A `Score` that says what it asks for."""

    words: str
    score: Score

    def __call__(self, answer: Any) -> Float[Tensor, " b"]:
        """Return the number of every image; raises `ModelError` where it is not one an image."""
        numbers: Any = self.score(answer)
        if not isinstance(numbers, Tensor) or numbers.ndim != 1:
            shape = list(numbers.shape) if isinstance(numbers, Tensor) else type(numbers).__name__
            raise ModelError(f"the target {self.words!r} returns {shape}: return one number an image, a tensor [b]")
        return numbers


class Scored(Reworded):
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
        super().__init__(model)
        self._scores = tuple(scores)

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return every score of the network's answer. Raises `ModelError` for one that is not a number an image."""
        answer = self._model.after(block, cut)
        columns = [score(answer) for score in self._scores]
        for position, column in enumerate(columns):
            if column.shape != (len(cut.maps),):
                shapes = f"{list(column.shape)} for {len(cut.maps)} images"
                raise ModelError(f"scores[{position}] returns the shape {shapes}: return one number an image, [b]")
        return torch.stack(columns, dim=1)


def logit(cls: int, *, name: str = "") -> NamedScore:
    """Return a class's logit in an answer `[b c]`. Asking raises `ModelError` for one that is not there."""

    def score(answer: Float[Tensor, "b c"]) -> Float[Tensor, " b"]:
        _check_index(cls, count=answer.shape[1], what="class")
        return answer[:, cls]

    return NamedScore(words=name or f"class {cls}", score=score)


def region(label: int, *, mask: Bool[Tensor, "h w"], name: str = "") -> NamedScore:
    """Return the mean logit of a label over the pixels of `mask`, in a segmentation network's answer `[b labels h w]`.

    This is the target of Seg-Grad-CAM (Vinogradova et al., AAAI 2020), whose sum differs by a factor. Raises
    `ModelError` for a mask without a pixel, and when asked for one of another size or a label that is not there.
    """
    if not mask.any():
        raise ModelError("mask: no pixel is set, so there is nothing to explain")

    def score(answer: Float[Tensor, "b labels h w"]) -> Float[Tensor, " b"]:
        if answer.ndim != 4 or answer.shape[-2:] != mask.shape:
            raise ModelError(
                f"mask: it has {list(mask.shape)} pixels, and the network answers with the shape "
                f"{list(answer.shape)}: give it the size of a segmentation network's answer [b labels h w]"
            )
        _check_index(label, count=answer.shape[1], what="label")
        return answer[:, label][:, mask.to(answer.device)].mean(dim=1)

    return NamedScore(words=name or f"label {label}", score=score)


def similarity(reference: Float[Tensor, " d"], *, name: str = "") -> NamedScore:
    """Return the cosine of an embedding `[b d]` and a reference, such as a text's or another image's.

    Raises `ModelError` when asked for embeddings of another length.
    """

    def score(answer: Float[Tensor, "b d"]) -> Float[Tensor, " b"]:
        if answer.ndim != 2 or answer.shape[1] != len(reference):
            raise ModelError(
                f"reference: it has {len(reference)} numbers, and the network answers with the shape "
                f"{list(answer.shape)}: pass an embedding of the same network"
            )
        return functional.cosine_similarity(answer, reference.to(answer)[None], dim=1)

    return NamedScore(words=name or "similarity", score=score)


def detection(label: int, *, box: Sequence[float], least: float = 0.5, name: str = "") -> NamedScore:
    """Return how surely a detector finds a box: overlap and score of the detection that overlaps it most.

    The network answers as torchvision's detectors do, with `boxes` [n 4], `labels` [n] and `scores` [n] of every image.
    It is 0 where that detection has another label or an overlap (IoU) of at most `least`: the target of
    pytorch-grad-cam's `FasterRCNNBoxScoreTarget` for one box.

    Args:
        label: The detector's own number of the class.
        box: Left, top, right and bottom edge, in the pixels of the detector's answer.
        least: The overlap above which a detection counts.
        name: How the target is called in pictures.
    """
    if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
        raise ModelError(f"box: expected left < right and top < bottom, as [left, top, right, bottom]; got {list(box)}")

    def score(answer: Sequence[Mapping[str, Tensor]]) -> Float[Tensor, " b"]:
        return torch.stack([_found(detections, box=box, label=label, least=least) for detections in answer])

    return NamedScore(words=name or f"box of label {label}", score=score)


def _found(detections: Mapping[str, Tensor], *, box: Sequence[float], label: int, least: float) -> Float[Tensor, ""]:
    boxes, scores = detections["boxes"], detections["scores"]
    if not len(boxes):
        return scores.sum()
    overlaps = _overlaps(boxes, boxes.new_tensor(list(box)))
    best = int(overlaps.argmax())
    counts = float(overlaps[best].detach()) > least and int(detections["labels"][best]) == label
    return overlaps[best] + scores[best] if counts else 0 * scores.sum()


def _overlaps(boxes: Float[Tensor, "n 4"], box: Float[Tensor, " 4"]) -> Float[Tensor, " n"]:
    """Return the IoU of boxes with a box, all as left, top, right and bottom edge."""
    sides = (boxes[:, 2:].minimum(box[2:]) - boxes[:, :2].maximum(box[:2])).clamp(min=0)
    common = sides.prod(dim=1)
    return common / ((boxes[:, 2:] - boxes[:, :2]).prod(dim=1) + (box[2:] - box[:2]).prod() - common)


def _check_index(index: int, *, count: int, what: str) -> None:
    if not 0 <= index < count:
        raise ModelError(f"there is no {what} {index}: this network answers with {count}, 0 .. {count - 1}")
