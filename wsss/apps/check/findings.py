"""Problems and statistics that a check of a data set finds, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from jaxtyping import Int64

from wsss.data.listing import Entry, Problem
from wsss.types import Size


@dataclass(frozen=True, kw_only=True)
class SplitCount:
    """One split: its images, those that show no class, those that have a mask, and the images of each class."""

    images: int
    negatives: int
    masks: int
    by_class: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """How labels and masks of one class agree, over the images that have both."""

    agreed: int = 0
    """Images that are labelled with the class and whose mask has a pixel of it."""
    not_drawn: tuple[str, ...] = ()
    """Images that are labelled with the class and whose mask has no pixel of it."""
    not_labelled: Mapping[str, int] = field(default_factory=dict)
    """Images that are not labelled with the class, with the pixels of it that their masks have."""


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Images of equal pixels, in order of appearance."""

    images: tuple[str, ...]
    splits: tuple[str, ...]
    """The splits that they are in; of several, what is learnt in one is known in the other."""
    same_file: bool
    """Whether the files are equal to the byte as well."""
    same_labels: bool


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Smallest, median and largest value over all images, in pixels and in millions of them."""

    width: tuple[float, float, float]
    height: tuple[float, float, float]
    megapixels: tuple[float, float, float]

    @classmethod
    def of(cls, sizes: Sequence[Size]) -> "Sizes | None":
        """Summarise the sizes of images; None where there is none."""
        if not sizes:
            return None
        return cls(
            width=_spread([size.width for size in sizes]),
            height=_spread([size.height for size in sizes]),
            megapixels=_spread([size.width * size.height / 1e6 for size in sizes]),
        )


@dataclass(frozen=True, kw_only=True)
class Check:
    """All that is found. `problems` is what a run refuses; what it would not mind, and a person may, is the rest."""

    root: Path
    mask_root: Path
    """The folder that the paths of masks start from."""
    classes: tuple[str, ...]
    entries: tuple[Entry, ...]
    """Images that are there and listed."""
    problems: tuple[Problem, ...]
    splits: Mapping[str, SplitCount]
    together: Int64[np.ndarray, "c c"]
    """Images that show both classes; on the diagonal, images of the class."""
    sizes: Sizes | None
    negatives: tuple[str, ...]
    """Images that show no class."""
    repeated: tuple[str, ...]
    """Images that several splits list."""
    duplicates: tuple[Duplicates, ...]
    masks: tuple[Disagreement, ...]
    """For each class."""
    unlisted: tuple[str, ...]
    """Images that are there and that nothing lists."""
    white: int
    """The value that is read as white in images of 16 bits."""
    notes: tuple[str, ...]
    """What a run's log says: how the data set was read, and classes that cannot be learnt."""
    skipped: tuple[str, ...]
    """Images that a run leaves out because `on_bad_image` is `skip`, and why."""


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return float(min(values)), float(median(values)), float(max(values))
