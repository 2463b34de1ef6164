"""Means over images and classes, worked out by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from wsss.apps.batch.output import Output
from wsss.apps.explain.averages import averages, pooled_pixels, write_counts
from wsss.apps.explain.explanation import Explained, Explanation
from wsss.apps.explain.scoring import Judgement
from wsss.metrics.localisation import PixelCurve
from wsss.types import Size


def scored(method: str, name: str, **scores: float | None) -> dict[str, Any]:
    """A row with one explanation."""
    return {"explanations": [{"method": method, "class": name, "seconds": 0.5, "scores": scores}]}


def curve(*, inside: list[float], beside: list[float]) -> PixelCurve:
    values = torch.tensor([[*inside, *beside]])
    target = torch.tensor([[*[True] * len(inside), *[False] * len(beside)]])
    return PixelCurve.of(values, target)


def explanation(method: str, pixels: PixelCurve | None) -> Explanation:
    return Explanation(
        cls=0,
        name="cat",
        method=method,
        probability=0.5,
        heat=np.zeros((2, 2), dtype=np.float32),
        size=Size(height=2, width=2),
        seconds=0.5,
        judgement=Judgement(pixels=pixels),
    )


def test_means_are_over_the_pairs_of_a_method():
    rows = [
        scored("cam", "cat", adcc=0.5, road=0.1),
        scored("gradcam", "cat", adcc=0.9, road=0.0),
        scored("cam", "dog", adcc=0.7, road=None),
    ]
    assert averages(rows, pixels={}) == {
        "cam": {"pairs": 2, "seconds": 0.5, "scores": {"adcc": pytest.approx(0.6), "road": 0.1}},
        "gradcam": {"pairs": 1, "seconds": 0.5, "scores": {"adcc": 0.9, "road": 0.0}},
    }


def test_hits_are_averaged_over_classes():
    hits = [("cat", 1.0), ("cat", 1.0), ("cat", 1.0), ("dog", 0.0), ("cow", None)]
    means = averages([scored("cam", name, pointing=hit) for name, hit in hits], pixels={})
    assert means["cam"]["scores"] == {"pointing": 0.5}


def test_pixels_are_pooled(tmp_path: Path):
    """Found first of one and last of four: half of the recall with a precision of 1, half with 2/4."""
    output = Output(folder=tmp_path, name="explanations", parts={"counts": "counts"})
    first, second = curve(inside=[0.9], beside=[0.2]), curve(inside=[0.1], beside=[0.8])
    many = curve(inside=[0.9, 0.9, 0.9], beside=[])
    rows = []
    for name, curves in (("x/a", [first, many, None]), ("x/b", [second, second, None])):
        methods = ["cam", "gradcam", "scorecam"]
        shown = tuple(explanation(method, pixels) for method, pixels in zip(methods, curves, strict=True))
        explained = Explained(explanations=shown, probabilities={}, left_out={})
        row = {"explanations": [scored(method, "cat", pxap=0.5)["explanations"][0] for method in methods]}
        rows.append(row | write_counts(explained, name=name, output=output))
    assert rows[0]["counts"] == "counts/x/a.npz"
    means = averages(rows, pixels=pooled_pixels(rows, output=output))
    assert means["cam"]["scores"] == {"pxap": 0.75}
    assert means["gradcam"]["scores"] == {"pxap": pytest.approx(0.75 + 0.25 * 4 / 5)}
    assert means["scorecam"]["scores"] == {"pxap": None}, "no pixel of the class in any image"


def test_without_masks_nothing_is_written(tmp_path: Path):
    output = Output(folder=tmp_path, name="explanations", parts={"counts": "counts"})
    explained = Explained(explanations=(explanation("cam", None),), probabilities={}, left_out={})
    assert write_counts(explained, name="a", output=output) == {}
    assert list(tmp_path.iterdir()) == []
    assert pooled_pixels([scored("cam", "cat")], output=output) == {}


def test_nothing_has_no_means():
    assert averages([], pixels={}) == {}


def test_a_score_that_no_pair_has_is_none():
    means = averages([scored("cam", "cat", pointing=None, pxap=None)], pixels={})
    assert means["cam"]["scores"] == {"pointing": None, "pxap": None}
