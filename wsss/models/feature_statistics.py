"""Distance of an image from those that a network learnt from, by the features of its encoder.

Lee et al. (NeurIPS 2018) take the Mahalanobis distance of a network's features to those of each class. An encoder that
learnt from image-level labels has images of several classes, and a few hundred images tell no covariance of a thousand
channels: here there is one mean, and a variance a channel.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from jaxtyping import Float, Float32
from torch import Tensor, nn

LEAST: Final = 8
"""Images of which statistics are made at least."""
USUAL: Final = 0.99
"""The share of the images learnt from whose distance is usual."""
FLOOR: Final = 0.01
"""Share of the mean variance that is added to every channel's, so that a channel that was always 0 does not decide."""
EQUAL: Final = 1e-3
"""Share of the features, and of a deviation, below which images that were all alike do not differ: it is rounding."""
TINY: Final = float(np.finfo(np.float32).tiny)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureStatistics:
    """Mean and variance of an encoder's last maps, each averaged over its cells, over the images learnt from."""

    mean: Float32[np.ndarray, " d"]
    variance: Float32[np.ndarray, " d"]
    limit: float
    """The distance below which 99 of 100 of these images lie, each measured by the statistics of all others."""

    def __post_init__(self) -> None:
        if self.mean.shape != self.variance.shape or not 0 < self.limit < np.inf:
            raise ValueError("statistics need a variance a channel, and a positive limit")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.variance).all() and (self.variance > 0).all()):
            raise ValueError("means must be finite, and variances positive")

    @classmethod
    def of(cls, features: Float[np.ndarray, "n d"]) -> "FeatureStatistics":
        """Measure the features of images; raises `ValueError` for fewer than `LEAST`, and for what is not finite."""
        count = len(features)
        if count < LEAST:
            raise ValueError(f"statistics need at least {LEAST} images; got {count}")
        rows = features.astype(np.float64)
        mean, variance = rows.mean(axis=0), rows.var(axis=0)
        floor = max(FLOOR * float(variance.mean()), EQUAL**2 * float((mean**2).mean()), TINY)
        # Without the image itself, or those of a few images would seem near to their own mean.
        others = (count * mean - rows) / (count - 1)
        spread = count / (count - 1) * (variance - (rows - mean) ** 2 / (count - 1))
        distances = np.sqrt(((rows - others) ** 2 / (spread.clip(min=0) + floor)).mean(axis=1))
        return cls(
            mean=mean.astype(np.float32),
            variance=(variance + floor).astype(np.float32),
            limit=max(float(np.quantile(distances, USUAL)), EQUAL),
        )

    def unlikeness(self, features: Float[np.ndarray, " d"]) -> float:
        """Return how far an image lies from those learnt from: above 1 where further than 99 of 100 of these.

        The distance is the root mean square of the channels' deviations from the mean, each in standard deviations.
        """
        apart = features.astype(np.float64) - self.mean
        return float(np.sqrt((apart**2 / self.variance).mean()) / self.limit)


@final
class PooledFeatures:
    """What an encoder made of the images of each size first, averaged over cells."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Float32[np.ndarray, "b d"]] = {}

    def note(self, module: nn.Module, asked: tuple[Any, ...], answer: Any) -> None:
        """Listen to an encoder: torch's forward hook."""
        del module
        height, width = asked[0].shape[-2:]
        if (height, width) not in self._found:
            self._found[height, width] = pooled(answer)

    def of(self, height: int, width: int) -> Float32[np.ndarray, "b d"] | None:
        """Return those of the images of a size, as they entered the encoder; None where there were none."""
        return self._found.get((height, width))


@contextmanager
def listening(encoder: nn.Module) -> Iterator[PooledFeatures]:
    """Note what an encoder makes of images, as long as the context lasts."""
    features = PooledFeatures()
    handle = encoder.register_forward_hook(features.note)
    try:
        yield features
    finally:
        handle.remove()


def pooled(answer: Any) -> Float32[np.ndarray, "b d"]:
    """Return the means over the cells of an encoder's last maps, on the CPU.

    An encoder answers with maps, or with a sequence of what it makes at several depths, the last one deepest.
    """
    while not isinstance(answer, Tensor):
        answer = answer[-1]
    found: Float32[np.ndarray, "b d"] = answer.float().mean(dim=(-2, -1)).cpu().numpy()
    return found
