"""What is known of networks before they are trained."""

import pytest

from wsss.errors import ConfigError
from wsss.models.base import PlannedNetwork, PlannedNetworks
from wsss.models.classifier import ClassifierOptions


def test_a_role_without_a_network_is_named():
    planned = PlannedNetwork(options=ClassifierOptions())
    read = PlannedNetworks({"classifier": planned})
    assert read["classifier"] is planned
    assert planned.weights == ("last",)
    with pytest.raises(ConfigError, match=r"reads\.segmenter: this stage makes no network"):
        read["segmenter"]
