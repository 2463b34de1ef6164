"""The contract of networks sees what breaks it."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from wsss.testing import check_network
from wsss.testing.tiny import TinyGAP, TinyMLP
from wsss.types import Cut


class Faulty(TinyGAP):
    """A network with a fault."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def until(self, block: str, images: Tensor) -> Cut:
        if self.fault == "unrefused" and block not in self.blocks:
            return super().until("last", images)
        cut = super().until(block, images)
        return replace(cut, stride=cut.stride * 2) if self.fault == "stride" and block == "stem" else cut

    def after(self, block: str, cut: Cut) -> Tensor:
        logits = super().after(block, cut)
        match self.fault:
            case "block" if block == "stem":
                return 2 * logits
            case "written" if not cut.maps.requires_grad:
                cut.maps.mul_(0.5)
            case "batch":
                return logits - logits.mean(dim=0)
            case "detached":
                return logits.detach() + 0 * cut.maps.sum()
            case "head":
                return logits + 1
            case _:
                pass
        return logits


@pytest.mark.parametrize("network", [TinyGAP(), TinyMLP()], ids=lambda network: type(network).__name__)
def test_a_network_that_keeps_its_promises_passes(network: Any):
    check_network(network)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("block", "cut after stem, logits are others"),
        ("stride", "stem: .* cells at a stride of 4"),
        ("written", "`after` changed the cut after stem"),
        ("batch", "Tensor-likes are not close"),
        ("detached", "the logits do not depend on the maps after stem"),
        ("head", "Tensor-likes are not close"),
        ("unrefused", "block99 was not refused"),
    ],
)
def test_a_broken_promise_is_named(fault: str, said: str):
    with pytest.raises(AssertionError, match=said):
        check_network(Faulty(fault).eval())


def test_nothing_is_computed_for_gradients_that_nobody_asked_for():
    network = TinyGAP()
    check_network(network)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.is_grad_enabled()
