"""The scores of a map, together: each is the metric of its name."""

import pytest
import torch
from networks import TinyGAP
from torch import Tensor

from wsss.apps.explain.metric import METRICS
from wsss.apps.explain.scoring import Scoring, localisation
from wsss.metrics import faithfulness
from wsss.metrics.faithfulness import confidence_in
from wsss.metrics.localisation import PixelCurve
from wsss.metrics.perturbation import area, deletion_curve, insertion_curve
from wsss.metrics.road import road


def random(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("chunk", [1, 5, 64])
def test_each_score_is_the_metric_of_its_name(tiny: TinyGAP, chunk: int):
    image, heat, again = random(3, 20, 16) - 0.5, random(20, 16), random(20, 16).flip(0)
    confidence = confidence_in(1, tiny)
    scores = Scoring(steps=5, percentiles=(20, 80), chunk=chunk).faithfulness(confidence, image, heat=heat, again=again)
    before, after = confidence(image[None]), confidence(image[None] * heat)
    drop, coherent = faithfulness.average_drop(before, after), faithfulness.coherency(heat[None], again[None])
    size = faithfulness.complexity(heat[None])
    expected = {
        "average_drop": drop.item(),
        "increase_in_confidence": float(after > before),
        "average_gain": faithfulness.average_gain(before, after).item(),
        "coherency": coherent.item(),
        "complexity": heat.mean().item(),
        "adcc": faithfulness.adcc(drop=drop, coherency=coherent, complexity=size).item(),
        "deletion": area(deletion_curve(confidence, image, heat=heat, steps=5)),
        "insertion": area(insertion_curve(confidence, image, heat=heat, steps=5)),
        "road": road(confidence, image, heat=heat, percentiles=(20, 80)).combined,
    }
    assert scores == pytest.approx(expected, abs=1e-5)
    assert list(scores) == [each.key for each in METRICS[:9]]


def test_localisation_by_hand():
    heat, target = torch.zeros(4, 4), torch.zeros(4, 4, dtype=torch.bool)
    heat[0, 0], heat[0, 1] = 1.0, 0.5
    target[0, 0] = True
    scores, pixels = localisation(heat, target, counted=torch.ones(4, 4, dtype=torch.bool))
    assert scores == {"pointing": 1.0, "energy": pytest.approx(2 / 3), "pxap": 1.0}
    assert isinstance(pixels, PixelCurve)
    assert list(scores) == [each.key for each in METRICS[9:]]


def test_a_class_that_the_mask_does_not_show_has_no_scores():
    nothing = torch.zeros(4, 4, dtype=torch.bool)
    scores, pixels = localisation(torch.rand(4, 4), nothing, counted=~nothing)
    assert set(scores.values()) == {None}
    assert pixels is None
