"""An image as the network sees it, and which of its classes are explained."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from torch import Tensor

from wsss.apps.explain.subject import Subject
from wsss.errors import ConfigError, one_of
from wsss.metrics.context import context_radius
from wsss.types import Size

YES: Final = 0.5
"""Probability from which the classifier says that an image shows a class."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """An image as the network sees it, what is said of it, and which classes are explained."""

    image: Float[Tensor, "3 y x"]
    size: Size
    subject: Subject
    probabilities: tuple[float, ...]
    classes: tuple[int, ...]
    mask: Tensor | None

    def radius(self, cls: int, heat: Float[np.ndarray, "y x"]) -> float | None:
        """Return the context radius in pixels of the image, None where the whole image is explained."""
        if cls not in self.subject.pixels:
            return None
        radius = context_radius(heat, self.subject.pixels[cls].cpu().numpy())
        return None if radius is None else radius * self.size.height / heat.shape[0]


def named_classes(names: Sequence[str], *, known: Sequence[str], rival: str | None = None) -> tuple[int, ...]:
    """Return the classes of these names; raises `ConfigError` for names that no class has, and for the rival's."""
    unknown = list(dict.fromkeys(name for name in names if name not in known))
    if unknown:
        raise ConfigError([f"classes: there is no {name!r}; there are: {one_of(known)}" for name in unknown])
    if rival in names:
        raise ConfigError([f"classes: {rival} is what others are compared with: leave it out"])
    return tuple(list(known).index(name) for name in dict.fromkeys(names))


def likely_classes(
    probabilities: Sequence[float], *, known: Sequence[str], rival: str | None = None
) -> tuple[int, ...]:
    """Return the classes that are likely, the likeliest first, at least one; without the rival."""
    others = [cls for cls, name in enumerate(known) if name != rival]
    ranked = sorted(others, key=lambda cls: -probabilities[cls])
    return tuple(cls for place, cls in enumerate(ranked) if place == 0 or probabilities[cls] >= YES)
