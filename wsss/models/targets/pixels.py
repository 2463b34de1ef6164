"""Pixels whose label is explained, and a segmentation network that answers for them as a classifier does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.boxes.components import components
from wsss.errors import ModelError
from wsss.labels import BACKGROUND, class_of, label_of
from wsss.models.cuts.one_piece import OnePiece
from wsss.models.targets.reworded import Reworded
from wsss.models.targets.scored import NamedScore
from wsss.protocols import CutClassifier, Segments
from wsss.types import Cut, Images, Size

Sets = Mapping[int, Bool[Tensor, "mask_h mask_w"]]
"""The pixels of each class that is explained."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """Which pixels are explained: one, those of an object, those of a mask, or all that a class has.

    What is explained is the mean logit of their label (Seg-Grad-CAM, Vinogradova et al., AAAI 2020, takes the sum).
    """

    point: tuple[int, int] | None = None
    """Column and row of one pixel of the image, from 0."""
    component: int | None = None
    """An object: a connected region of one class as the network sees it, 1 the largest."""
    mask: Bool[np.ndarray, "h w"] | None = None
    """Pixels that are set, of the image's size."""
    label: int | None = None
    """Their label; what the network says of most of them, if not given."""

    def __post_init__(self) -> None:
        named = [name for name in ("point", "component", "mask") if getattr(self, name) is not None]
        if len(named) > 1:
            raise ModelError(f"pixels: {' and '.join(named)} are given: choose one of them")

    def sets(self, labels: Int64[Tensor, "h w"], *, size: Size) -> dict[int, Bool[Tensor, "h w"]]:
        """Return the pixels of every label that is explained, where the network labels an image of `size` as given.

        Raises `ModelError` where there is no such pixel, and where most of them are background.
        """
        if self.point is None and self.component is None and self.mask is None:
            return self._of_labels(labels)
        chosen = self._chosen(labels, size=size)
        if not chosen.any():
            raise ModelError("pixels: none is chosen, so there is nothing to explain: choose at least one")
        label = int(labels[chosen].mode().values) if self.label is None else self.label
        if label == BACKGROUND:
            raise ModelError("pixels: the network says that they are background: name the class that is asked about")
        return {label: chosen}

    def _of_labels(self, labels: Int64[Tensor, "h w"]) -> dict[int, Bool[Tensor, "h w"]]:
        shown = [label for label in _labels(labels) if label != BACKGROUND]
        wanted = shown if self.label is None else [label for label in shown if label == self.label]
        if not wanted:
            what = "a class" if self.label is None else f"label {self.label}"
            raise ModelError(f"pixels: the network sees no pixel of {what} here: choose pixels, such as a point")
        return {label: labels == label for label in wanted}

    def _chosen(self, labels: Int64[Tensor, "h w"], *, size: Size) -> Bool[Tensor, "h w"]:
        height, width = labels.shape
        chosen = torch.zeros_like(labels, dtype=torch.bool)
        if self.point is not None:
            column, row = self.point
            if not (0 <= column < size.width and 0 <= row < size.height):
                raise ModelError(f"pixels: {column},{row} is not in the image of {size.width} x {size.height} pixels")
            chosen[row * height // size.height, column * width // size.width] = True
        elif self.component is not None:
            chosen |= _component(labels, self.component)
        elif self.mask is not None:
            if self.mask.shape != size.over(1):
                raise ModelError(f"pixels: the mask has {self.mask.shape}, and the image {size.over(1)}: use one size")
            # A mask may be a thin line: a cell is chosen where any of its pixels is.
            own = torch.from_numpy(np.ascontiguousarray(self.mask)).float()[None, None]
            chosen |= functional.adaptive_max_pool2d(own, (height, width))[0, 0].to(labels.device) > 0
        return chosen


def _labels(labels: Int64[Tensor, "h w"]) -> list[int]:
    found: list[int] = np.unique(labels.cpu().numpy()).tolist()
    return found


def _component(labels: Int64[Tensor, "h w"], number: int) -> Bool[Tensor, "h w"]:
    found = []
    for label in _labels(labels):
        if label != BACKGROUND:
            numbers, count = components((labels == label).cpu().numpy())
            found += [numbers == each for each in range(1, count + 1)]
    if not 1 <= number <= len(found):
        raise ModelError(f"pixels: there is no object {number}: the network sees {len(found)}, 1 the largest")
    largest = sorted(found, key=lambda each: -int(each.sum()))
    return torch.from_numpy(largest[number - 1]).to(labels.device)


def over_pixels(label: int, mask: Bool[Tensor, "h w"], *, name: str = "") -> NamedScore:
    """Return the mean logit of a label over pixels, in an answer `[b labels h w]` that may be padded beyond them."""

    def score(answer: Float[Tensor, "b labels h w"]) -> Float[Tensor, " b"]:
        return answer[:, label][:, padded(mask, answer)].mean(dim=1)

    return NamedScore(words=name or f"label {label}", score=score)


class PixelClassifier(Reworded):
    """A segmentation network that can be cut, as a classifier: a class's logit is that of its pixels, their mean.

    Classes without pixels of their own have the mean over the image. With a `rival` it is the mean lead over that
    class at the same pixels.
    """

    def __init__(self, model: CutClassifier, sets: Sets, *, rival: int | None = None) -> None:
        super().__init__(model)
        self._sets = dict(sets)
        self._rival = rival

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """Return the mean logit of every class over its pixels."""
        return means(led(self._model.after(block, cut), self._rival), self._sets)


class PixelProbability(OnePiece):
    """The same network in one piece: a class's logit is that of its mean probability over its pixels.

    With a `rival` it is the probability of the class if it is one of the two.
    """

    def __init__(self, network: Segments, sets: Sets, *, rival: int | None = None) -> None:
        self._network = network
        self._sets = dict(sets)
        self._rival = rival

    def classify(self, images: Images) -> Float[Tensor, "b c"]:
        """See `Classifies`."""
        answer = self._network.segment(images).float()
        shares = answer.softmax(dim=1) if self._rival is None else led(answer, self._rival).sigmoid()
        return means(shares, self._sets).logit(eps=1e-6)


def led(answer: Float[Tensor, "b labels h w"], rival: int | None) -> Float[Tensor, "b labels h w"]:
    """Return the lead of every label over that of a class, the answer itself without one."""
    return answer if rival is None else answer - answer[:, label_of(rival), None]


def means(answer: Float[Tensor, "b labels h w"], sets: Sets) -> Float[Tensor, "b c"]:
    """Return the mean of each class's maps over its pixels, over the image where it has none."""
    classes = range(class_of(answer.shape[1]))
    of_class: list[Any] = []
    for cls in classes:
        maps = answer[:, label_of(cls)]
        of_class.append(maps[:, padded(sets[cls], answer)].mean(dim=1) if cls in sets else maps.mean(dim=(1, 2)))
    return torch.stack(of_class, dim=1)


def padded(mask: Bool[Tensor, "h w"], answer: Float[Tensor, "b labels y x"]) -> Bool[Tensor, "y x"]:
    """Return the pixels in an answer to an image that was padded at the right and at the bottom."""
    below, beside = answer.shape[-2] - mask.shape[0], answer.shape[-1] - mask.shape[1]
    if below < 0 or beside < 0:
        raise ModelError(f"pixels: {tuple(mask.shape)} do not lie in an answer of {tuple(answer.shape[-2:])}")
    return functional.pad(mask.to(answer.device), (0, beside, 0, below))
