"""Ways to choose one background threshold for all images without masks; `compare_thresholds.py` compares them.

Each takes images with their maps and returns a threshold by the name of its principle. None reads a true mask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from sklearn.metrics import cohen_kappa_score
from sklearn.mixture import GaussianMixture
from torch.nn import functional

from wsss.data.index import Record
from wsss.engine.batch import Batch
from wsss.labels import BACKGROUND
from wsss.metrics.separation import THRESHOLDS, evidence
from wsss.models.base import Network
from wsss.models.gap import GAPClassifier
from wsss.models.normalisation import Normalisation
from wsss.refine import ConstantBackground, DenseCRF
from wsss.stages.extract_cams import ExtractCams
from wsss.types import ScoreMaps
from wsss.views import MultiScaleFlip, pad_to_multiple, scaled

Chosen = Mapping[str, float]
Foreground = Bool[np.ndarray, "y x"]

COARSE: Final = tuple(round(0.05 * step, 2) for step in range(2, 17))
"""What is tried where a threshold costs seconds: 0.10, 0.15 .. 0.80."""
CELLS: Final = 200_000
"""Scores to which a mixture is fitted, at most."""
KINDS: Final = {
    "all (refine=auto)": (0, 1, 2),
    "scores and colours": (0, 1),
    "scores and border": (0, 2),
    "scores (Otsu)": (0,),
    "colours": (1,),
    "border": (2,),
}
"""Columns of `wsss.metrics.separation.evidence` that are multiplied."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One image with its maps."""

    record: Record
    image: UInt8[np.ndarray, "h w 3"]
    maps: ScoreMaps

    @property
    def strongest(self) -> Float[np.ndarray, "y x"]:
        """The strongest score of every cell."""
        return self.maps.scores.amax(dim=0).numpy()


def by_separation(every: Sequence[Seen]) -> Chosen:
    """Choose by what `refine=auto` looks at, together and apart: scores, colours, and contrast along the border."""
    found = [evidence(seen.image, seen.strongest) for seen in every]
    means = {name: np.mean([each[:, kinds].prod(axis=1) for each in found], axis=0) for name, kinds in KINDS.items()}
    return {name: THRESHOLDS[int(mean.argmax())] for name, mean in means.items()}


def by_mixture(every: Sequence[Seen]) -> Chosen:
    """Choose where two Gaussians, fitted to the scores of all images, are equally likely."""
    scores = np.concatenate([seen.strongest.ravel() for seen in every])
    scores = scores[:: max(1, len(scores) // CELLS)]
    mixture = GaussianMixture(2, random_state=0).fit(scores[:, None])
    upper = int(mixture.means_.argmax())
    grid = np.asarray(THRESHOLDS)
    more = (mixture.predict(grid[:, None]) == upper) & (grid > mixture.means_.min())
    return {"mixture of two Gaussians": float(grid[more.argmax()])}


def by_crf(every: Sequence[Seen]) -> Chosen:
    """Choose where a dense CRF changes least: the size of the foreground, or the labels of pixels (kappa)."""
    crf = DenseCRF().open({}, torch.device("cpu"))

    def changes(threshold: float) -> tuple[float, float]:
        rule = ConstantBackground(threshold=threshold)
        growth, agreement = [], []
        for seen in every:
            before = rule.apply(seen.maps).full()
            (after,) = crf([seen.image], [before])
            first, second = (maps.scores.argmax(dim=0).numpy() != BACKGROUND for maps in (before, after))
            growth.append(second.mean() - first.mean())
            agreement.append(kappa(first, second))
        return float(np.mean(growth)), float(np.mean(agreement))

    growth, agreement = zip(*map(changes, COARSE), strict=True)
    return {
        "CRF: size": COARSE[int(np.abs(growth).argmin())],
        "CRF: agreement": COARSE[int(np.argmax(agreement))],
    }


def by_answer(every: Sequence[Seen], *, network: GAPClassifier, normalise: Normalisation, long_side: int) -> Chosen:
    """Choose by what the classifier says of the foreground alone, and of the image without it.

    `answer` is the mean gap between the two probabilities of an image's classes. `answer and area` is the harmonic mean
    of how much of the probability the foreground keeps and how little of the image it takes, in the manner of ADCC.
    """
    gaps, means = [], []
    for seen in every:
        kept, removed, whole = answers(seen, network=network, normalise=normalise, long_side=long_side)
        area = np.array([(seen.strongest > threshold).mean() for threshold in COARSE])
        keeps = np.minimum(kept / whole, 1).mean(axis=1)
        gaps.append((kept - removed).mean(axis=1))
        means.append(2 * keeps * (1 - area) / np.maximum(keeps + 1 - area, 1e-9))
    return {
        "classifier: answer": COARSE[int(np.mean(gaps, axis=0).argmax())],
        "classifier: answer and area": COARSE[int(np.mean(means, axis=0).argmax())],
    }


def answers(
    seen: Seen, *, network: GAPClassifier, normalise: Normalisation, long_side: int
) -> tuple[Float[np.ndarray, "t c"], Float[np.ndarray, "t c"], Float[np.ndarray, " c"]]:
    """Return the probabilities of an image's classes for its foreground alone, its background alone, and all of it.

    What is taken away becomes the mean colour. One row for each threshold of `COARSE`.
    """
    pixels = normalise(seen.image)[None]
    pixels = scaled(pixels, min(1.0, long_side / max(pixels.shape[-2:])))
    strongest = functional.interpolate(torch.from_numpy(seen.strongest)[None, None], pixels.shape[-2:], mode="bilinear")
    inside = strongest > torch.tensor(COARSE)[:, None, None, None]
    views = torch.cat([pixels * inside, pixels * ~inside, pixels])
    with torch.no_grad():
        logits = network(pad_to_multiple(views, multiple=network.stride))
    found = logits.sigmoid()[:, list(seen.maps.classes)].numpy()
    return found[: len(COARSE)], found[len(COARSE) : -1], found[-1]


def by_scales(every: Sequence[Seen], *, stage: ExtractCams, network: Network, scales: tuple[float, float]) -> Chosen:
    """Choose where maps of one scale and of another agree best on what is foreground (kappa)."""

    def strongest(seen: Seen, scale: float) -> Float[np.ndarray, "y x"]:
        one = replace(stage, views=MultiScaleFlip(scales=(scale,)))
        batch = Batch(records=(seen.record,), images=(seen.image,))
        (maps,) = one.maps(network, batch, device=torch.device("cpu"))
        return maps.scores.amax(dim=0).numpy()

    def agreement(seen: Seen) -> list[float]:
        first, second = (strongest(seen, scale) for scale in scales)
        return [kappa(first > threshold, second > threshold) for threshold in COARSE]

    return {"stability over scales": COARSE[int(np.mean([agreement(seen) for seen in every], axis=0).argmax())]}


def kappa(first: Foreground, second: Foreground) -> float:
    """Return Cohen's kappa, how much two masks agree beyond chance; 0 where both leave the same side empty."""
    if len(np.unique([first, second])) == 1:
        return 0.0
    return float(cohen_kappa_score(first.ravel(), second.ravel()))
