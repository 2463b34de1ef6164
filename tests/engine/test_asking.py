"""A network that has learnt is asked without a graph, in the precision that is wanted."""

from typing import Any

import pytest
import torch
from torch import nn

from wsss.engine.asking import asking

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("precision", "dtype"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16), ("16-mixed", torch.float16)]
)
def test_layers_compute_in_the_precision_that_is_wanted(precision: Any, dtype: torch.dtype):
    with asking(CPU, precision=precision):
        answer = nn.Linear(3, 2)(torch.ones(1, 3))
    assert answer.dtype == dtype
    assert not torch.is_autocast_enabled("cpu")


def test_without_gradients_of_its_own_a_call_keeps_nothing_that_they_need():
    layer = nn.Linear(3, 2)
    with asking(CPU, precision="32-true"):
        assert layer(torch.ones(1, 3)).is_inference()


def test_what_differentiates_by_itself_still_can():
    layer, inputs = nn.Linear(3, 1, bias=False), torch.ones(1, 3)
    with asking(CPU, precision="32-true", gradients=True):
        assert not layer(inputs).requires_grad
        with torch.enable_grad():
            asked = inputs.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(layer(asked).sum(), asked)
    assert torch.equal(gradient, layer.weight.detach())
