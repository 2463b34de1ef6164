"""A refusal proposes a method that the network fits."""

import re
from typing import Any

import pytest

from wsss.apps.explain.methods import fitting
from wsss.cams import CAM, FGCAM, SoftmaxGradCAM
from wsss.cams.base import CAMMethod
from wsss.cams.suited import suited
from wsss.errors import ModelError
from wsss.testing.small import small_networks


def refusal(method: CAMMethod, network: Any) -> str:
    try:
        method.check(network)
    except ModelError as error:
        return str(error)
    return ""


REFUSED = [
    (method, network, proposed[0])
    for method in (CAM(), FGCAM(), SoftmaxGradCAM())
    for network in small_networks()
    if (proposed := re.findall(r"or cam=(\w+)", refusal(method, small_networks()[network])))
]


@pytest.mark.parametrize(("method", "network", "proposed"), REFUSED)
def test_what_is_proposed_fits(method: CAMMethod, network: str, proposed: str):
    assert list(fitting((proposed,), [small_networks()[network]]).methods) == [proposed]  # type: ignore[list-item]


def test_every_method_is_refused_somewhere():
    assert {type(method) for method, _, _ in REFUSED} == {CAM, FGCAM, SoftmaxGradCAM}


def test_a_kind_of_network_has_its_own():
    found = {name: suited(network, otherwise="layercam") for name, network in small_networks().items()}  # type: ignore[arg-type]
    assert found["class tokens"] == "cam=mctformer"
    assert found["prompted"] == "cam=softmax_gradcam"
    assert found["binary classifiers"] == "cam=representative"
    assert found["linear head"] == "cam=layercam"
