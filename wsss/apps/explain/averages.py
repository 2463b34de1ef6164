"""Means over images: what papers print of a method."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from wsss.apps.explain.explanation import Explanation
from wsss.apps.explain.metric import shown_metrics
from wsss.apps.explain.scoring import Judgement, known_mean


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What is kept of an explanation for the means: all but its map."""

    method: str
    name: str
    """Of the class."""
    seconds: float
    judgement: Judgement

    @classmethod
    def of(cls, explanation: Explanation) -> "Judged":
        """Leave the map behind."""
        return cls(
            method=explanation.method,
            name=explanation.name,
            seconds=explanation.seconds,
            judgement=explanation.judgement,
        )


@dataclass(frozen=True, kw_only=True)
class Average:
    """The means of one method over pairs of an image and a class."""

    method: str
    count: int
    seconds: float
    scores: dict[str, float | None]


def averages(judged: Sequence[Judged]) -> list[Average]:
    """Return the means of every method.

    Two are not taken over pairs: the pointing game's is the mean of the classes' rates of hits, and PxAP's is that of
    the pixels of all images together, as their authors have it; pairs for which a score is not defined are left out.
    """
    methods = dict.fromkeys(each.method for each in judged)
    return [_average([each for each in judged if each.method == method]) for method in methods]


def _average(own: Sequence[Judged]) -> Average:
    metrics = shown_metrics([each.judgement.scores for each in own])
    scores = {metric.key: known_mean([each.judgement.scores.get(metric.key) for each in own]) for metric in metrics}
    if "pointing" in scores:
        scores["pointing"] = _rate_of_hits(own)
    curves = [each.judgement.pixels for each in own if each.judgement.pixels is not None]
    if curves:
        scores["pxap"] = reduce(add, curves).pxap
    return Average(
        method=own[0].method,
        count=len(own),
        seconds=sum(each.seconds for each in own) / len(own),
        scores=scores,
    )


def _rate_of_hits(own: Sequence[Judged]) -> float | None:
    names = dict.fromkeys(each.name for each in own)
    rates = [known_mean([each.judgement.scores.get("pointing") for each in own if each.name == n]) for n in names]
    return known_mean(rates)
