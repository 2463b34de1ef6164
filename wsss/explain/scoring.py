"""Which scores a map gets, in which order they are shown, and which direction is the better one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from wsss.metrics.faithfulness import (
    Confidence,
    adcc,
    average_drop,
    average_gain,
    coherency,
    complexity,
    explanation_images,
    increase_in_confidence,
)
from wsss.metrics.localisation import PixelCurve, energy_inside, pointing_hit
from wsss.metrics.perturbation import CHUNK, area, deletion_curve, insertion_curve
from wsss.metrics.road import PERCENTILES, road

UP: Final = "↑"
DOWN: Final = "↓"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score of a map: its key in `explanations.json`, its name, and whether higher is better."""

    key: str
    name: str
    short: str
    higher: bool
    words: str

    @property
    def arrow(self) -> str:
        """The direction that is better."""
        return UP if self.higher else DOWN

    def best(self, values: Sequence[float | None]) -> list[int]:
        """Return the positions of the best values; none where all are the same, or there is only one."""
        known = {place: value for place, value in enumerate(values) if value is not None}
        if len(set(known.values())) < 2:
            return []
        wanted = max(known.values()) if self.higher else min(known.values())
        return [place for place, value in known.items() if value == wanted]


METRICS: Final = (
    Metric(
        key="average_drop",
        name="average drop",
        short="drop",
        higher=False,
        words="what the class's probability loses, of itself, where only what the map shows is left",
    ),
    Metric(
        key="increase_in_confidence",
        name="increase in confidence",
        short="incr",
        higher=True,
        words="whether it rises there",
    ),
    Metric(
        key="average_gain",
        name="average gain",
        short="gain",
        higher=True,
        words="how much of what it lacks it gains there",
    ),
    Metric(
        key="coherency",
        name="coherency",
        short="coh",
        higher=True,
        words="whether the method shows the same again there: (1 + correlation) / 2",
    ),
    Metric(key="complexity", name="complexity", short="cmpl", higher=False, words="the map's mean"),
    Metric(
        key="adcc",
        name="ADCC",
        short="ADCC",
        higher=True,
        words="harmonic mean of coherency, 1 - complexity and 1 - average drop",
    ),
    Metric(
        key="deletion",
        name="deletion",
        short="del",
        higher=False,
        words="mean probability while the brightest pixels are taken out first",
    ),
    Metric(
        key="insertion",
        name="insertion",
        short="ins",
        higher=True,
        words="mean probability while the brightest pixels are put in first",
    ),
    Metric(
        key="road",
        name="ROAD",
        short="ROAD",
        higher=True,
        words="half of what the probability is higher without the dark pixels than without the bright ones, imputed",
    ),
    Metric(
        key="pointing",
        name="pointing game",
        short="point",
        higher=True,
        words="whether the brightest pixel is on the object",
    ),
    Metric(
        key="energy",
        name="energy in mask",
        short="enrgy",
        higher=True,
        words="share of the map that lies on the object",
    ),
    Metric(
        key="pxap", name="PxAP", short="PxAP", higher=True, words="average precision of the map's pixels over the mask"
    ),
)
"""All of them are fractions. The last three need a mask."""


def shown_metrics(scores: Sequence[Mapping[str, float | None]]) -> list[Metric]:
    """Return the metrics that any of several maps has."""
    return [metric for metric in METRICS if any(metric.key in each for each in scores)]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The scores of a map by `Metric.key`, None where one is not defined; and the counts that PxAP is pooled from."""

    scores: dict[str, float | None] = field(default_factory=dict)
    pixels: PixelCurve | None = None


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How maps are scored. One costs 2 `steps` + 2 len(`percentiles`) + 4 forward passes, and its method once more."""

    steps: int = 32
    """Of deletion and insertion; their authors take 224."""
    percentiles: tuple[int, ...] = PERCENTILES
    """Of ROAD."""
    random_seed: int = 0
    """Of ROAD's noise."""
    chunk: int = CHUNK
    """Changed images at a time. Memory grows with it, results do not change."""

    def faithfulness(
        self,
        confidence: Confidence,
        image: Float[Tensor, "3 h w"],
        *,
        heat: Float[Tensor, "h w"],
        again: Float[Tensor, "h w"],
    ) -> dict[str, float | None]:
        """Return the scores that need no mask; `again` is the method's map of the explanation image."""
        images = torch.stack([image, *explanation_images(image[None], heat[None])])
        before, after = confidence(images).split(1)
        drop, complex_, coherent = (
            average_drop(before, after),
            complexity(heat[None]),
            coherency(heat[None], again[None]),
        )
        deleted = deletion_curve(confidence, image, heat=heat, steps=self.steps, chunk=self.chunk)
        inserted = insertion_curve(confidence, image, heat=heat, steps=self.steps, chunk=self.chunk)
        without = road(
            confidence, image, heat=heat, percentiles=self.percentiles, random_seed=self.random_seed, chunk=self.chunk
        )
        return {
            "average_drop": float(drop),
            "increase_in_confidence": float(increase_in_confidence(before, after)),
            "average_gain": float(average_gain(before, after)),
            "coherency": float(coherent),
            "complexity": float(complex_),
            "adcc": float(adcc(drop=drop, coherency=coherent, complexity=complex_)),
            "deletion": area(deleted),
            "insertion": area(inserted),
            "road": without.combined,
        }


def localisation(
    heat: Float[Tensor, "h w"], target: Bool[Tensor, "h w"], *, counted: Bool[Tensor, "h w"]
) -> tuple[dict[str, float | None], PixelCurve | None]:
    """Return the scores that need a mask, and PxAP's counts; all None where no pixel shows the object."""
    if not target.any():
        return {"pointing": None, "energy": None, "pxap": None}, None
    pixels = PixelCurve.of(heat, target, counted=counted)
    scores: dict[str, float | None] = {
        "pointing": float(pointing_hit(heat, target)),
        "energy": energy_inside(heat, target, counted=counted),
        "pxap": pixels.pxap,
    }
    return scores, pixels


def known_mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are defined, None where there is none."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
