"""The scores of one map: of its faithfulness to the classifier, and of how well it finds an object."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The scores of a map by `Metric.key`, None where one is not defined; and the counts that PxAP is pooled from."""

    scores: dict[str, float | None] = field(default_factory=dict)
    pixels: PixelCurve | None = None


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How maps are scored. One costs 2 `steps` + 2 len(`percentiles`) + 4 forward passes, and its method once more."""

    steps: int = 32
    """Of deletion and insertion. Their authors take 224: areas on toy scenes are 0.004 from those, at most 0.013."""
    percentiles: tuple[int, ...] = PERCENTILES
    """Of ROAD."""
    random_seed: int = 0
    """Of ROAD's noise."""
    chunk: int = CHUNK
    """Changed images at a time. Memory grows with it, results do not change."""

    @property
    def passes(self) -> int:
        """Forward passes that the scores of one map take."""
        return 2 * self.steps + 2 * len(self.percentiles) + 4

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
        before, after = confidence(images).chunk(2)
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
