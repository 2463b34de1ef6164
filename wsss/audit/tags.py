"""Tags that may be wrong or missing: how suspicious each (image, class) pair is, and about how many there are.

Scores only order pairs; about how many are wrong is counted with confident learning's thresholds (Northcutt et al.,
JAIR 2021), class by class. Dividing a score by its class's threshold was measured and finds fewer missing tags.
"""

from dataclasses import dataclass
from typing import Final, Literal, final

import numpy as np
from jaxtyping import Bool, Float

from wsss.metrics.choice import mean_ranks
from wsss.metrics.ranking import average_precision

FEWEST: Final = 5
"""Images with a class, and without it, that a judgement of its tags takes at least."""
EVIDENCE: Final = 0.1
"""Share of the way from chance to perfection that the scores of a class must go, or they say nothing of it."""
CERTAIN: Final = 2.0
"""Deviations by which they must lie above chance, too: of few images noise goes some way."""
DIGITS: Final = 9
NEIGHBOURS: Final = 0.4
"""Weight of the neighbours' share beside the probability, for missing tags."""
THEFT: Final = 0.5
"""Share of a missing tag's score that evidence on another class's object costs."""

Verdict = Literal["judged", "too few to judge", "no evidence"]


@final
@dataclass(frozen=True, kw_only=True)
class ClassJudgement:
    """What scores say of the tags of one class."""

    name: str
    images: int
    """With the tag."""
    verdict: Verdict
    precision: float
    """Average precision of the leave-one-out scores."""
    threshold: float
    """Mean probability of images with the tag: above it an image counts as one that shows the class."""
    absent_threshold: float
    """Mean probability of images without the tag: below it an image counts as one that does not."""
    about_missing: float
    """Estimated number of images that show the class without the tag."""
    about_false: float
    """Estimated number of images with the tag that do not show the class."""


def judge_class(tags: Bool[np.ndarray, " n"], scores: Float[np.ndarray, " n"], *, name: str) -> ClassJudgement:
    """Judge a class by its out-of-sample scores."""
    with_it = int(tags.sum())
    sides = min(with_it, len(tags) - with_it)
    chance = with_it / max(len(tags), 1)
    # What differs by rounding alone is equal: a tag is taken away from itself in the last digits of its own score.
    precision = average_precision(tags, scores.round(DIGITS)) if sides else chance
    verdict: Verdict = "judged"
    if sides < FEWEST:
        verdict = "too few to judge"
    elif precision < chance + max(EVIDENCE * (1 - chance), CERTAIN * np.sqrt(chance * (1 - chance) / with_it)):
        verdict = "no evidence"
    p = np.clip(scores, 0, 1)
    upper = float(p[tags].mean()) if with_it else 1.0
    lower = float(p[~tags].mean()) if with_it < len(tags) else 0.0
    missing, false = confident_counts(tags, p, upper=upper, lower=lower) if verdict == "judged" else (0.0, 0.0)
    return ClassJudgement(
        name=name,
        images=with_it,
        verdict=verdict,
        precision=float(precision),
        threshold=upper,
        absent_threshold=lower,
        about_missing=missing,
        about_false=false,
    )


def confident_counts(
    tags: Bool[np.ndarray, " n"], p: Float[np.ndarray, " n"], *, upper: float, lower: float
) -> tuple[float, float]:
    """Return about how many tags are missing and how many are false: off the diagonal of the confident joint.

    An image counts as one that shows the class from `upper` on, as one that does not up to `lower`, and as the likelier
    of both where both hold. Counts are calibrated, row by row, to how often the tag is given.
    """
    shows, not_shows = p >= upper, p <= lower
    both = shows & not_shows
    shows, not_shows = np.where(both, p > 0.5, shows), np.where(both, p <= 0.5, not_shows)
    counts = np.array([[not_shows[~tags].sum(), shows[~tags].sum()], [not_shows[tags].sum(), shows[tags].sum()]])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return float(shares[0, 1] * (~tags).sum()), float(shares[1, 0] * tags.sum())


def missing_scores(
    p: Float[np.ndarray, "*n"], share: Float[np.ndarray, "*n"], theft: Float[np.ndarray, "*n"] | float = 0.0
) -> Float[np.ndarray, "*n"]:
    """Return how suspicious absent tags are, from about 0 to 1.

    Args:
        p: Leave-one-out scores of the class.
        share: Share of the neighbours that carry the tag.
        theft: Cosine of the class's map with that of a tagged class, the largest.
    """
    scores: Float[np.ndarray, "*n"] = (p + NEIGHBOURS * share) / (1 + NEIGHBOURS) * (1 - THEFT * theft)
    return scores


def false_scores(top: Float[np.ndarray, " m"], share: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """Return how suspicious given tags are, in 0 .. 1: the mean rank of little evidence and of few such neighbours.

    `top` is the mean of a map's highest cells, `share` that of neighbours with the tag. Equal values share a rank.
    """
    return mean_ranks(np.stack([-top, -share], axis=1))
