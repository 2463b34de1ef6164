"""Scores that a map can have, in the order in which they are shown, and the better direction of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
