"""Mask rules: scores of labels in, one label a pixel out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss.configurable import Configurable
from wsss.errors import DataError
from wsss.labels import BACKGROUND, IGNORE
from wsss.types import ScoreMaps


@dataclass(frozen=True, kw_only=True)
class MaskRule(Configurable, ABC):
    """Decide every pixel of an image from its maps, which must have a background."""

    annotated: Path | None = None
    """Folder of masks that people drew or corrected, `<id>.png`, of some images or all: they take the place of the
    rule's before a network learns from them, and results are marked as an oracle."""

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Annotated masks count by their bytes. Raises `DataError` where there is no such folder."""
        if self.annotated is None:
            return {}
        folder = self.annotated.expanduser().absolute()
        if not folder.is_dir():
            raise DataError(
                f"masks.annotated: there is no folder {folder}: `wsss data masks` writes one, or leave it out"
            )
        return {"annotated": (folder,)}

    @abstractmethod
    def __call__(self, maps: ScoreMaps) -> NDArray[np.uint8]:
        """Return labels `[h w]` at the image's own size, 255 where nothing is decided."""


@dataclass(frozen=True, kw_only=True)
class Argmax(MaskRule):
    """The strongest label; ties go to the lower one, so to the background first.

    >>> from wsss.types import Size
    >>> scores = torch.tensor([[[0.3, 0.3]], [[0.2, 0.9]]])
    >>> Argmax()(ScoreMaps(labels=torch.tensor([0, 1]), scores=scores, size=Size(height=1, width=2)))
    array([[0, 1]], dtype=uint8)
    """

    def __call__(self, maps: ScoreMaps) -> NDArray[np.uint8]:
        """See `MaskRule`."""
        return strongest(maps)[0]


@dataclass(frozen=True, kw_only=True)
class ConfidentShare(MaskRule):
    """The strongest label where its share reaches a bound, 255 in the band below: training learns nothing there.

    The share is a score over the sum of all scores of the pixel. After a CRF they sum to one and it is the score.

    >>> from wsss.types import Size
    >>> scores = torch.tensor([[[0.3, 0.3]], [[0.2, 0.9]]])  # shares of the strongest: 0.60 and 0.75
    >>> ConfidentShare()(ScoreMaps(labels=torch.tensor([0, 1]), scores=scores, size=Size(height=1, width=2)))
    array([[255,   1]], dtype=uint8)
    """

    foreground: float = 0.7
    """Least share of a class."""
    background: float = 0.7
    """Least share of the background."""

    def __post_init__(self) -> None:
        if not (0 <= self.foreground <= 1 and 0 <= self.background <= 1):
            raise ValueError(f"bounds lie in [0, 1], got {self.foreground} and {self.background}")

    def __call__(self, maps: ScoreMaps) -> NDArray[np.uint8]:
        """See `MaskRule`."""
        full = maps.full()
        labels, score = strongest(full)
        share = score / full.scores.sum(dim=0).clamp(min=torch.finfo(torch.float32).tiny).cpu().numpy()
        least = np.where(labels == BACKGROUND, np.float32(self.background), np.float32(self.foreground))
        return np.where(share >= least, labels, np.uint8(IGNORE))


def confident(*, foreground: ScoreMaps, background: ScoreMaps) -> NDArray[np.uint8]:
    """Return labels `[h w]` that two sets of maps of one image agree on, 255 elsewhere (IRN's and PSA's labels).

    `foreground` comes from much background, `background` from little: what is a class even in the first has it, what is
    background even in the second is background. In PSA's code the second goes first, where they contradict each other.

    >>> from wsss.refine import ConstantBackground
    >>> from wsss.types import Size
    >>> scores = torch.tensor([[[0.9, 0.4, 0.1]]])
    >>> maps = ScoreMaps(labels=torch.tensor([1]), scores=scores, size=Size(height=1, width=3))
    >>> much, little = (ConstantBackground(threshold=least).apply(maps) for least in (0.5, 0.2))
    >>> confident(foreground=much, background=little)
    array([[  1, 255,   0]], dtype=uint8)
    """
    classes, rest = strongest(foreground)[0], strongest(background)[0]
    undecided = np.where(rest == BACKGROUND, np.uint8(BACKGROUND), np.uint8(IGNORE))
    return np.where(classes == BACKGROUND, undecided, classes)


def strongest(maps: ScoreMaps) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the strongest label and its score, both `[h w]`; raises `ValueError` for maps without a background."""
    if not maps.has_background:
        raise ValueError("masks need a background: put a background rule into `refine`")
    full = maps.full()
    score, position = full.scores.max(dim=0)  # of equals the first, as torch promises since 1.7
    return full.labels.to(torch.uint8)[position].cpu().numpy(), score.cpu().numpy()


def strongest_label(scores: Float[Tensor, "b labels h w"]) -> UInt8[Tensor, "b h w"]:
    """Return the strongest of all labels at every pixel, on the scores' device; ties go to the lower one, as ever.

    255 stands where the strongest score is not a finite number.

    >>> strongest_label(torch.tensor([[[[0.5, 0.1]], [[0.5, 0.9]]]]))
    tensor([[[0, 1]]], dtype=torch.uint8)
    """
    score, label = scores.max(dim=1)  # of equals the first, as in `strongest`
    return torch.where(score.isfinite(), label, IGNORE).to(torch.uint8)


def strongest_class(maps: ScoreMaps) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the strongest label and its score, both `[h w]`, of maps without a background: for a threshold.

    An image without labels has background everywhere, at zero.

    >>> from wsss.types import Size
    >>> scores = torch.tensor([[[0.25, 0.5]], [[0.75, 0.0]]])
    >>> strongest_class(ScoreMaps(labels=torch.tensor([1, 3]), scores=scores, size=Size(height=1, width=2)))
    (array([[3, 1]], dtype=uint8), array([[0.75, 0.5 ]], dtype=float32))
    """
    full = maps.full()
    if not len(full.labels):
        shape = maps.size.over(1)
        return np.full(shape, BACKGROUND, dtype=np.uint8), np.zeros(shape, dtype=np.float32)
    scores = full.scores.numpy()
    return full.labels.numpy().astype(np.uint8)[scores.argmax(axis=0)], scores.max(axis=0)


def on_grid_of(logits: Float[Tensor, "b labels y x"], labels: Int64[Tensor, "b h w"]) -> Int64[Tensor, "b y x"]:
    """Return the label at the centre of each cell of some logits.

    >>> labels = torch.tensor([[[1, 1, 2, 2], [1, 1, 2, 2]]])
    >>> on_grid_of(torch.zeros(1, 3, 1, 2), labels)
    tensor([[[1, 2]]])
    """
    if logits.shape[-2:] == labels.shape[-2:]:
        return labels
    # As floats, which hold 0 .. 255 exactly: torch resizes no integers of 64 bits.
    return functional.interpolate(labels[:, None].float(), size=logits.shape[-2:], mode="nearest-exact")[:, 0].long()
