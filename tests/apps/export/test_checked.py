"""A graph's file is compared with the network, and refused where it answers otherwise."""

from typing import Any

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.apps.export.checked import compared
from wsss.apps.export.graphs import Exported, NetworkName, exported
from wsss.errors import ModelError


def asking(made: Exported, change: Any = lambda answers: answers) -> Any:
    """What answers as the graph does, but for a change."""

    def ask(images: np.ndarray) -> list[np.ndarray]:
        with torch.no_grad():
            return change([each.numpy().copy() for each in made.graph(torch.from_numpy(images))])

    return ask


@pytest.mark.parametrize("network", ["segmenter", "classifier"])
def test_the_same_answers_are_told_as_such(network: NetworkName, toy_run: Run):
    made = exported(toy_run.out, network)
    check = compared(made, asking(made), images=2)
    assert (check.images, check.pixels, check.apart) == (2, 0.0, 0.0)
    assert made.metadata["fingerprint"]


def test_a_label_too_many_is_refused(toy_run: Run):
    made = exported(toy_run.out, "segmenter")

    def wrong(answers: list[np.ndarray], *, every: int) -> list[np.ndarray]:
        answers[0].flat[::every] += 1
        answers[1] += 0.25
        return answers

    check = compared(made, asking(made, lambda answers: wrong(answers, every=2000)), images=1)
    assert 0 < check.pixels <= 0.001
    assert check.apart == pytest.approx(0.25)
    with pytest.raises(
        ModelError, match=r"gives 1\.\d+% of the pixels of 1 images another label than PyTorch: nothing"
    ):
        compared(made, asking(made, lambda answers: wrong(answers, every=99)), images=1)


def test_maps_that_differ_are_refused(toy_run: Run):
    made = exported(toy_run.out, "classifier")
    with pytest.raises(ModelError, match="logits and maps differ from PyTorch's by up to"):
        compared(made, asking(made, lambda answers: [answers[0], answers[1] * 2 + 1]), images=1)
