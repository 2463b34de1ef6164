"""The contract of CAM methods sees what breaks it."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from wsss.cams import CAM, GradCAM
from wsss.cams.base import CAMMethod
from wsss.protocols import CutClassifier
from wsss.testing import check_cam_method
from wsss.testing.cams import Case, no_tensor_outlives_its_call, pairs
from wsss.testing.small import small_networks
from wsss.testing.tiny import TinyGAP, TinyMLP
from wsss.types import Images, RawMaps, Targets

KEPT: list[Tensor] = []


@dataclass(frozen=True, kw_only=True)
class Faulty(CAMMethod):
    """Grad-CAM with a fault."""

    fault: str

    def check(self, model: CutClassifier) -> None:
        if self.fault != "unchecked":
            super().check(model)

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        raw = GradCAM(block=self.block)(model, images, targets)
        match self.fault:
            case "half":
                return raw.half()
            case "constant":
                return torch.zeros_like(raw)
            case "batch" if len(raw):
                return raw - raw.min()
            case "hook":
                assert isinstance(model, nn.Module)
                model.register_forward_hook(lambda *_: None)
            case "random":
                torch.rand(1)
            case "kept":
                KEPT.append(raw)
            case _:
                pass
        return raw


@dataclass(frozen=True, kw_only=True)
class Swallowing(CAMMethod):
    """Grad-CAM that hides its network's errors."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        try:
            return GradCAM()(model, images, targets)
        except ZeroDivisionError:
            return torch.ones(len(targets), 2, 2)


def test_a_method_that_keeps_its_promises_passes():
    check_cam_method(CAM(), TinyGAP(), TinyMLP())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("half", "maps are torch.float16"),
        ("constant", "all values are equal"),
        ("batch", "Tensor-likes are not close"),
        ("hook", "the call changed: hooks"),
        ("random", "the call changed: random numbers"),
        ("kept", "20 tensors are left"),
        ("unchecked", "block99 was not refused"),
    ],
)
def test_a_broken_promise_is_named(fault: str, said: str):
    with pytest.raises(AssertionError, match=said):
        check_cam_method(Faulty(fault=fault), TinyGAP())
    KEPT.clear()


def test_an_error_that_is_swallowed_is_seen():
    with pytest.raises(AssertionError, match="an error of `until` was swallowed"):
        check_cam_method(Swallowing(), TinyGAP())


def test_a_method_that_fits_nothing_is_not_checked_by_nothing():
    with pytest.raises(AssertionError, match="fits none of the networks"):
        check_cam_method(CAM(), TinyMLP())


def test_pairs_are_those_that_fit():
    fitting = {name for _, name in pairs([CAM()])}
    assert {"linear_head", "deeper_head"} & {name.replace(" ", "_") for name in fitting} == {"linear_head"}
    for name, network in small_networks().items():
        assert (name in fitting) == hasattr(network, "head_weight")


def test_nothing_is_left_of_a_method_that_keeps_nothing():
    no_tensor_outlives_its_call(Case(method=GradCAM(), network=TinyGAP()))
