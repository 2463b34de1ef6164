"""Explanations: a map of where a method says that the classifier saw a class, and the map's scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np
import torch
from jaxtyping import Float

from wsss.apps.explain.maps import at_size
from wsss.apps.explain.scoring import Judgement
from wsss.boxes import Box
from wsss.types import Size


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Where one method says that the classifier saw one class, and what that is worth."""

    cls: int
    name: str
    """Of the class."""
    method: str
    probability: float
    """The classifier's, of the class."""
    heat: Float[np.ndarray, "y x"]
    """In [0, 1], less its minimum and divided by its maximum, at the size at which the network saw the image."""
    size: Size
    seconds: float
    """What the method took for all classes together."""
    judgement: Judgement = field(default_factory=Judgement)
    radius: float | None = None
    """Pixels from what is explained within which half of the map lies, where pixels are explained: the context used."""
    box: Box | None = None
    """The detector's box that is explained, in pixels of the image; None for other networks."""

    @property
    def map(self) -> Float[np.ndarray, "h w"]:
        """The map at the image's own size."""
        return at_size(self.size, torch.from_numpy(self.heat)).numpy()


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Explained:
    """All explanations of an image, class by class; the probability of every class; why methods are left out."""

    explanations: tuple[Explanation, ...]
    probabilities: Mapping[str, float]
    left_out: Mapping[str, str]

    def by_class(self) -> dict[str, tuple[Explanation, ...]]:
        """Return the explanations of each class that is explained."""
        names = dict.fromkeys(each.name for each in self.explanations)
        return {name: tuple(each for each in self.explanations if each.name == name) for name in names}
