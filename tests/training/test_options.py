"""How a network is fitted: the schedule at its corners, the groups' learning rates, and what is refused."""

from typing import Any

import pytest
import torch
from torch import nn

from wsss.training.options import ClassifierFit, FitOptions, Limits, SegmenterFit


def test_the_head_learns_faster_and_both_stop_at_the_end():
    backbone, head = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(3))
    options = FitOptions(learning_rate=0.02, head_factor=10.0, momentum=0.7, weight_decay=1e-4, poly_power=1.0)
    sgd, schedule = options.optimiser(backbone=[backbone], head=[head], steps=4)
    rates = []
    for _ in range(5):
        rates.append([group["lr"] for group in sgd.param_groups])
        sgd.step()
        schedule.step()
    assert rates == [[pytest.approx(0.02 * left), pytest.approx(0.2 * left)] for left in (1, 0.75, 0.5, 0.25, 0)]
    assert [group["params"][0] is p for group, p in zip(sgd.param_groups, (backbone, head), strict=True)] == [True] * 2
    assert {(group["momentum"], group["weight_decay"]) for group in sgd.param_groups} == {(0.7, 1e-4)}


@pytest.mark.parametrize(
    ("options", "rate", "decay"),
    [
        ({"bias_factor": 20.0}, 0.4, 1e-4),
        ({"bias_factor": 20.0, "bias_decay": False}, 0.4, 0.0),
        ({"bias_decay": False}, 0.2, 0.0),
    ],
)
def test_biases_of_the_head_have_a_rate_and_a_decay_of_their_own(options: dict[str, Any], rate: float, decay: float):
    backbone, head, bias = (nn.Parameter(torch.zeros(size)) for size in (2, 3, 4))
    fit = FitOptions(learning_rate=0.02, head_factor=10.0, weight_decay=1e-4, poly_power=1.0, **options)
    assert fit.parts_biases
    assert not FitOptions().parts_biases
    sgd, schedule = fit.optimiser(backbone=[backbone], head=[head], biases=[bias], steps=2)
    groups = [(len(group["params"][0]), group["lr"], group["weight_decay"]) for group in sgd.param_groups]
    assert groups == [(2, 0.02, 1e-4), (3, pytest.approx(0.2), 1e-4), (4, pytest.approx(rate), decay)]
    sgd.step()
    schedule.step()
    assert sgd.param_groups[2]["lr"] == pytest.approx(rate / 2)


def test_a_frozen_backbone_leaves_the_head():
    head = nn.Parameter(torch.ones(1))
    sgd, _ = FitOptions(learning_rate=0.1, head_factor=1.0, momentum=0.0, weight_decay=0.0).optimiser(
        backbone=[], head=[head], steps=2
    )
    head.grad = torch.ones(1)
    sgd.step()
    assert head.item() == pytest.approx(0.9)


@pytest.mark.parametrize("kind", [FitOptions, ClassifierFit, SegmenterFit])
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("epochs", 0, "epochs and batch_size"),
        ("least_steps", 0, "least_steps must be at least 1, or null; got 0"),
        ("batch_size", 0, "epochs and batch_size"),
        ("steps", 0, "steps must be at least 1, with least_steps=null; or null; got 0"),
        ("accumulate", 0, "16 images do not make 0 equal passes"),
        ("accumulate", 3, r"batch_size: 16 images do not make 3 equal passes \(accumulate\)"),
        ("bias_factor", 0.0, "bias_factor must be positive, or null"),
        ("learning_rate", 0.0, "learning_rate and head_factor must be positive"),
        ("learning_rate", float("nan"), "learning_rate and head_factor must be positive"),
        ("head_factor", -1.0, "learning_rate and head_factor must be positive"),
        ("momentum", 1.0, r"momentum lies in \[0, 1\)"),
        ("momentum", -0.1, r"momentum lies in \[0, 1\)"),
        ("weight_decay", -1e-4, "weight_decay is not negative"),
        ("poly_power", 0.0, "poly_power is positive"),
    ],
)
def test_refusals(kind: Any, option: str, value: float, said: str):
    with pytest.raises(ValueError, match=said):
        kind(**{option: value})


def test_irn_s_momentum_of_zero_is_an_option():
    assert FitOptions(momentum=0.0, weight_decay=0.0).momentum == 0


def test_limits_take_the_place_of_a_training_s_own_options():
    fit = ClassifierFit(epochs=12, batch_size=16, dropout=0.5)
    assert fit.limited(Limits()) == fit
    short = fit.limited(Limits(epochs=40, batch_size=4, side=64))
    assert (short.epochs, short.batch_size, short.dropout) == (40, 4, 0.5)
    assert (short.transform.crop, short.validation.size) == (64, 64)
    plain = fit.limited(Limits(augment=False))
    assert (plain.epochs, plain.transform.flip, plain.dropout) == (12, 0.0, 0.0)


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="epochs must be at least 1, got 0: null sets no limit"):
        Limits(epochs=0)
    with pytest.raises(ValueError, match="side must be at least 1, got -5"):
        Limits(side=-5)


@pytest.mark.parametrize(("images", "epochs"), [(5, 20), (16, 20), (17, 20), (32, 12), (1000, 12)])
def test_few_images_are_learnt_from_in_more_epochs(images: int, epochs: int):
    fit = FitOptions(epochs=12, batch_size=16, least_steps=20)
    assert fit.epochs_of(images) == epochs
    assert FitOptions(epochs=12, batch_size=16).epochs_of(images) == 12


@pytest.mark.parametrize(("images", "epochs"), [(16, 25), (160, 3), (400, 1), (10_000, 1)])
def test_steps_take_the_place_of_epochs(images: int, epochs: int):
    fit = FitOptions(epochs=12, batch_size=16, steps=25)
    assert (fit.epochs_of(images), fit.steps_of(images)) == (epochs, 25)
    assert FitOptions(epochs=12, batch_size=16).steps_of(170) == 120
    with pytest.raises(ValueError, match="steps must be at least 1, with least_steps=null"):
        FitOptions(steps=25, least_steps=30)


def test_limits_leave_neither_steps_nor_passes():
    fit = FitOptions(steps=25, batch_size=10, accumulate=2)
    short = fit.limited(Limits(epochs=1, batch_size=3))
    assert (short.steps, short.epochs, short.batch_size, short.accumulate) == (None, 1, 3, 1)
    assert fit.limited(Limits(side=64)) == fit


def test_a_batch_s_bytes_are_those_of_a_pass():
    assert SegmenterFit(batch_size=16, accumulate=4).batch_bytes == SegmenterFit(batch_size=4).batch_bytes


def test_a_limit_of_epochs_leaves_no_least_steps():
    assert FitOptions(least_steps=1000).limited(Limits(epochs=1)).epochs_of(16) == 1
    assert FitOptions(least_steps=1000).limited(Limits()).epochs_of(16) == 1000
