"""The contract of classifiers that can be cut, on networks made by hand and on every family of classifiers."""

from typing import Any

import pytest
import torch

from wsss.protocols import Prompted
from wsss.testing.networks import PROMISES, Promise
from wsss.testing.small import small_networks
from wsss.testing.tiny import CLASSES


@pytest.fixture(params=small_networks(), ids=lambda name: name.replace(" ", "_"))
def network(request: pytest.FixtureRequest) -> Any:
    return small_networks()[request.param]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_network_keeps(promise: Promise, network: Any):
    promise(network)


def test_the_networks_here_have_the_classes_that_are_asked_for(network: Any):
    columns = CLASSES + (network.prompts if isinstance(network, Prompted) else 0)
    assert network.after("last", network.until("last", torch.zeros(3, 3, 54, 37))).shape == (3, columns)
