"""Subjects of an explanation: who says what an image shows, and of whom maps are asked."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from wsss.boxes import Box
from wsss.errors import DataError, ModelError
from wsss.labels import class_of, label_of
from wsss.models.exclusive import Exclusive
from wsss.models.targets.contrast import contrasted
from wsss.models.targets.pixels import PixelClassifier, PixelProbability, Pixels
from wsss.protocols import Classifies, CutClassifier, Prompted, Segments
from wsss.types import Images, Size

TOP: Final = 3
"""Classes that exclude one another of which the likeliest are explained, where none are named."""

Mask = Bool[np.ndarray, "pixels_h pixels_w"]


@final
@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is explained of one image."""

    says: CutClassifier
    """Whose probabilities are told."""
    judge: CutClassifier
    """Whose probabilities tell whether a map is faithful."""
    bind: Callable[[CutClassifier], CutClassifier]
    """Makes what a method fits into what it is asked of, for this image."""
    shown: tuple[int, ...] = ()
    """The classes that are explained where none are named; those that are likely, if none."""
    pixels: Mapping[int, Bool[Tensor, "y x"]] = field(default_factory=dict)
    """Of each class, where pixels are explained and not images."""
    boxes: Mapping[int, Box] = field(default_factory=dict)
    """Of each class, where boxes of a detector are explained, in pixels of the image."""


class Subjects(ABC):
    """Says what is explained of an image."""

    @abstractmethod
    def against(self, rival: int) -> "Subjects":
        """Return the same, where leads over a class are explained."""

    @abstractmethod
    def __call__(
        self, seen: Float[Tensor, "3 y x"], *, size: Size, classes: Sequence[int], pixels: Mask | None
    ) -> Subject:
        """Return what is explained of an image of `size` as the network sees it; raises `DataError` for nothing."""


@final
@dataclass(frozen=True, kw_only=True)
class Classified(Subjects):
    """The whole image, as a classifier says what it shows."""

    classifier: CutClassifier
    rival: int | None = None

    def against(self, rival: int) -> Subjects:
        """See `Subjects`."""
        return replace(self, rival=rival)

    def __call__(
        self, seen: Float[Tensor, "3 y x"], *, size: Size, classes: Sequence[int], pixels: Mask | None
    ) -> Subject:
        """See `Subjects`."""
        del seen, size, classes
        if pixels is not None:
            raise DataError("pixels are given, and a classifier answers for the whole image: ask the segmenter")
        judge = self.classifier if self.rival is None else contrasted(self.classifier, self.rival)
        return Subject(says=self.classifier, judge=judge, bind=lambda network: network)


@final
@dataclass(frozen=True, kw_only=True)
class Ranked(Subjects):
    """The whole image, as a classifier says what it shows whose classes exclude one another: its likeliest classes."""

    ask: Callable[[Images], Float[Tensor, "b c"]]
    """Returns the logits of all classes, and then those of background prompts."""
    top: int
    """How many classes are explained where none are named."""
    prompts: int = 0
    """How many of the logits are those of background prompts, which no map is asked for."""
    rival: int | None = None

    def against(self, rival: int) -> Subjects:
        """See `Subjects`."""
        return replace(self, rival=rival)

    def judge(self) -> Exclusive:
        """Return what says how likely each class is, or how it compares with the rival."""
        return Exclusive(self.ask, prompts=self.prompts, rival=self.rival)

    def __call__(
        self, seen: Float[Tensor, "3 y x"], *, size: Size, classes: Sequence[int], pixels: Mask | None
    ) -> Subject:
        """See `Subjects`."""
        del size, classes
        if pixels is not None:
            raise DataError("pixels are given, and a classifier answers for the whole image: ask the segmenter")
        says = replace(self, rival=None).judge()
        with torch.no_grad():
            ranked = says.classify(seen[None])[0].argsort(descending=True, stable=True).tolist()
        rival = self.rival
        return Subject(
            says=says,
            judge=self.judge(),
            bind=(lambda network: network) if rival is None else (lambda network: contrasted(network, rival)),
            shown=tuple(cls for cls in ranked if cls != rival)[: self.top],
        )


def ranked_words(classifier: Classifies) -> Ranked | None:
    """Return what is explained by a classifier whose classes are words; None for one whose classes are learnt."""
    if not isinstance(classifier, Prompted):
        return None
    return Ranked(ask=classifier.classify, top=TOP, prompts=classifier.prompts)


@final
@dataclass(frozen=True, kw_only=True)
class Segmented(Subjects):
    """Some pixels, as a segmentation network labels them."""

    network: Segments
    chosen: Pixels
    rival: int | None = None

    def against(self, rival: int) -> Subjects:
        """See `Subjects`."""
        return replace(self, rival=rival)

    def __call__(
        self, seen: Float[Tensor, "3 y x"], *, size: Size, classes: Sequence[int], pixels: Mask | None
    ) -> Subject:
        """See `Subjects`."""
        with torch.no_grad():
            labels = self.network.segment(seen[None])[0].argmax(dim=0)
        sets: dict[int, Bool[Tensor, "y x"]] = {}
        try:
            chosen = self.chosen if pixels is None else replace(self.chosen, mask=pixels)
            asked = [replace(chosen, label=label_of(cls)) for cls in classes] or [chosen]
            for each in asked:
                sets |= {class_of(label): mask for label, mask in each.sets(labels, size=size).items()}
        except ModelError as error:
            raise DataError(str(error)) from error
        shown = tuple(sorted((cls for cls in sets if cls != self.rival), key=lambda cls: -int(sets[cls].sum())))
        if not shown:
            raise DataError("pixels: all of them are of the class that others are compared with: name another")
        return Subject(
            says=PixelProbability(self.network, sets),
            judge=PixelProbability(self.network, sets, rival=self.rival),
            bind=lambda network: PixelClassifier(network, sets, rival=self.rival),
            shown=shown,
            pixels=sets,
        )
