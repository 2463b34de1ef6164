"""AMN's optimiser: Adam with a rate a group, which stays."""

import pytest
import torch
from torch import nn

from wsss.methods.amn.options import ActivationFit


@pytest.mark.parametrize(("schedule", "left"), [("constant", 1.0), ("poly", 0.5)])
def test_adam_has_the_rates_of_its_groups_and_keeps_them(schedule: str, left: float):
    backbone, head = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(3))
    fit = ActivationFit(schedule=schedule, poly_power=1.0, momentum=0.8)  # type: ignore[arg-type]
    adam, scheduler = fit.optimiser(backbone=[backbone], head=[head], steps=2)
    assert isinstance(adam, torch.optim.Adam)
    groups = [(group["lr"], group["betas"], group["weight_decay"]) for group in adam.param_groups]
    assert groups == [(5e-6, (0.8, 0.999), 1e-4), (pytest.approx(1e-4), (0.8, 0.999), 1e-4)]
    adam.step()
    scheduler.step()
    assert [group["lr"] for group in adam.param_groups] == [pytest.approx(5e-6 * left), pytest.approx(1e-4 * left)]


def test_all_of_a_target_is_not_smoothed():
    with pytest.raises(ValueError, match="smoothing must lie in"):
        ActivationFit(smoothing=1.0)
