"""A detector as a classifier: of each class how surely it finds the object, or one box of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor

from wsss.labels import label_of
from wsss.models.cuts.one_piece import OnePiece
from wsss.models.detectors import Detections
from wsss.models.targets.random_masks import found_box
from wsss.models.targets.reworded import Reworded
from wsss.protocols import CutClassifier
from wsss.types import Cut, Images

Ask = Callable[[Images], Detections]
Boxes = Mapping[int, Sequence[float]]
"""The box of each class that is explained: left, top, right and bottom in the pixels of the images."""

ROUND: Final = 1e-6


class WholeDetector:
    """A detector in one piece: it is cut before its first layer, and answers with detections."""

    blocks: Final = ("image",)
    stride: Final = 1

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def until(self, block: str, images: Images) -> Cut:
        """Return the images."""
        del block  # there is one
        return Cut(maps=images, stride=1)

    def after(self, block: str, cut: Cut) -> Any:
        """Return what is found in every image."""
        del block
        return self._ask(cut.maps)


class BoxClassifier(Reworded):
    """A detector that can be cut, as a classifier: a class's number is D-RISE's similarity to its box, 0 without."""

    def __init__(self, model: CutClassifier, boxes: Boxes, *, classes: int) -> None:
        super().__init__(model)
        self._boxes = dict(boxes)
        self._classes = classes

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return how surely the box of every class is found."""
        found: Any = self._model.after(block, cut)
        return similarities(found, self._boxes, classes=self._classes)


class BoxProbability(OnePiece):
    """The same in one piece: a class's logit is that of the similarity, of its best score where it has no box."""

    def __init__(self, ask: Ask, *, classes: int, boxes: Boxes) -> None:
        self._ask = ask
        self._classes = classes
        self._boxes = dict(boxes)

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """See `Classifies`."""
        found = self._ask(images)
        of_box = similarities(found, self._boxes, classes=self._classes)
        has_box = torch.tensor([cls in self._boxes for cls in range(self._classes)], device=of_box.device)
        return torch.where(has_box, of_box, best_scores(found, classes=self._classes)).logit(eps=ROUND)


def similarities(found: Detections, boxes: Boxes, *, classes: int) -> Float[Tensor, "b c"]:
    """Return of each class the similarity to its box, 0 where it has none."""
    nothing = torch.stack([each["scores"].new_zeros(()) for each in found])
    scores = [found_box(label_of(cls), box=boxes[cls])(found) if cls in boxes else nothing for cls in range(classes)]
    return torch.stack(scores, dim=1)


def best_scores(found: Detections, *, classes: int) -> Float[Tensor, "b c"]:
    """Return the score of the surest detection of each class, 0 where there is none.

    >>> found = {"boxes": torch.zeros(3, 4), "labels": torch.tensor([2, 2, 1]), "scores": torch.tensor([0.2, 0.7, 0.4])}
    >>> best_scores([found], classes=3)
    tensor([[0.4000, 0.7000, 0.0000]])
    """
    rows = [
        each["scores"].new_zeros(label_of(classes)).scatter_reduce(0, each["labels"], each["scores"], reduce="amax")
        for each in found
    ]
    return torch.stack(rows)[:, 1:]
