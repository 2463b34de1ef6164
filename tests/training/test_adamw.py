"""AdamW in the place of SGD: its groups, its warm-up and its end."""

import pytest
import torch
from torch import nn

from wsss.training.adamw import AdamWFit, AdamWSegmenterFit
from wsss.training.options import SegmenterFit


def test_groups_have_their_rates_and_the_rate_climbs_and_falls():
    fit = AdamWFit(learning_rate=0.5, head_factor=4.0, weight_decay=0.125, momentum=0.25, warmup=2, poly_power=1.0)
    backbone, head = (nn.Parameter(torch.zeros(1)) for _ in range(2))
    adamw, schedule = fit.optimiser(backbone=[backbone], head=[head], steps=6)
    assert isinstance(adamw, torch.optim.AdamW)
    assert [group["betas"] for group in adamw.param_groups] == [(0.25, 0.999)] * 2
    assert [group["weight_decay"] for group in adamw.param_groups] == [0.125] * 2
    seen = []
    for _ in range(6):
        seen.append([group["lr"] for group in adamw.param_groups])
        adamw.step()
        schedule.step()
    assert seen == [pytest.approx([0.5 * f, 2.0 * f]) for f in (0.5, 1.0, 1.0, 0.75, 0.5, 0.25)]


def test_biases_have_a_group_of_their_own():
    fit = AdamWFit(learning_rate=1.0, head_factor=2.0, bias_factor=3.0, bias_decay=False)
    each = [nn.Parameter(torch.zeros(1)) for _ in range(3)]
    adamw, _ = fit.optimiser(backbone=each[:1], head=each[1:2], biases=each[2:], steps=200)
    assert [group["initial_lr"] for group in adamw.param_groups] == [1.0, 2.0, 3.0]
    assert adamw.param_groups[2]["weight_decay"] == 0.0


@pytest.mark.parametrize(("warmup", "steps"), [(0, 4), (50, 1), (50, 3), (3, 4)])
def test_a_training_of_any_length_has_a_rate_in_every_step(warmup: int, steps: int):
    fit = AdamWFit(warmup=warmup)
    assert all(0 < fit.factor(step, steps=steps) <= 1 for step in range(steps))
    assert max(fit.factor(step, steps=steps) for step in range(steps)) == 1


def test_without_a_warm_up_it_falls_from_the_first_step():
    assert AdamWFit(warmup=0, poly_power=1.0).factor(1, steps=4) == 0.75


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="warmup must not be negative"):
        AdamWFit(warmup=-1)


def test_a_segmenter_s_options_are_there():
    assert isinstance(AdamWSegmenterFit(loss="balanced"), SegmenterFit)
