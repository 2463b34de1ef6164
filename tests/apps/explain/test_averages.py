"""Means over images and classes, worked out by hand."""

import pytest
import torch

from wsss.apps.explain.averages import Judged, averages
from wsss.apps.explain.scoring import Judgement
from wsss.metrics.localisation import PixelCurve


def judged(method: str, name: str, *, pixels: PixelCurve | None = None, **scores: float | None) -> Judged:
    return Judged(method=method, name=name, seconds=0.5, judgement=Judgement(scores=scores, pixels=pixels))


def curve(*, inside: list[float], beside: list[float]) -> PixelCurve:
    values = torch.tensor([[*inside, *beside]])
    target = torch.tensor([[*[True] * len(inside), *[False] * len(beside)]])
    return PixelCurve.of(values, target)


def test_means_are_over_the_pairs_of_a_method():
    every = [
        judged("cam", "cat", adcc=0.5, road=0.1),
        judged("gradcam", "cat", adcc=0.9, road=0.0),
        judged("cam", "dog", adcc=0.7, road=None),
    ]
    one, other = averages(every)
    assert (one.method, one.count, one.seconds) == ("cam", 2, 0.5)
    assert one.scores == {"adcc": pytest.approx(0.6), "road": 0.1}
    assert (other.method, other.scores) == ("gradcam", {"adcc": 0.9, "road": 0.0})


def test_hits_are_averaged_over_classes():
    hits = [("cat", 1.0), ("cat", 1.0), ("cat", 1.0), ("dog", 0.0), ("cow", None)]
    (average,) = averages([judged("cam", name, pointing=hit) for name, hit in hits])
    assert average.scores == {"pointing": 0.5}


def test_pixels_are_pooled():
    first, second = curve(inside=[0.9], beside=[0.2]), curve(inside=[0.1], beside=[0.8])
    every = [judged("cam", "cat", pixels=first, pxap=1.0), judged("cam", "cat", pixels=second, pxap=0.5)]
    (average,) = averages(every)
    # Found first of one and last of four: half of the recall with a precision of 1, half with 2/4.
    assert average.scores == {"pxap": 0.75}
    first = curve(inside=[0.9, 0.9, 0.9], beside=[])
    every = [judged("cam", "cat", pixels=first, pxap=1.0), judged("cam", "cat", pixels=second, pxap=0.5)]
    assert averages(every)[0].scores == {"pxap": pytest.approx(0.75 + 0.25 * 4 / 5)}


def test_nothing_has_no_means():
    assert averages([]) == []


def test_a_score_that_no_pair_has_is_none():
    (average,) = averages([judged("cam", "cat", pointing=None, pxap=None)])
    assert average.scores == {"pointing": None, "pxap": None}
