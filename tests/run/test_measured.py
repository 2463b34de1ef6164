"""What a few steps on noise say of a training, with a clock and a memory by hand."""

from typing import Any

import pytest
import torch
from torch import nn
from toy_runs import Run

from wsss.models.gap import GAPClassifier
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.run import measured as module
from wsss.run.measured import StepCost, as_trained, cost_of_step, measured
from wsss.run.screen import Expectation

CPU = torch.device("cpu")


@pytest.fixture
def stages(toy_run: Run) -> dict[str, Any]:
    return {name: step.stage for name, step in toy_run.plan().items()}


def test_a_training_takes_its_steps(stages: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    stage = stages["train_classifier"]
    asked = []

    def cost(network: nn.Module, **words: Any) -> StepCost:
        asked.append(words)
        return StepCost(seconds=2.0, memory=7)

    monkeypatch.setattr(module, "cost_of_step", cost)
    found = measured(stage, stage.classifier, classes=("a", "b"), images=11)
    size = sum(tensor.nbytes for tensor in stage.classifier.skeleton(("a", "b")).state_dict().values())
    # One epoch of two batches of four; three images are left out.
    assert found == Expectation(seconds=4.0, size=size, like=0, memory=7)
    assert asked == [{"batch": 4, "side": 64, "device": CPU}]


def test_networks_are_tried_as_they_are_trained(toy_run: Run):
    frozen = [f"fit.{name}.frozen_until=block2" for name in ("classifier", "segmenter")]
    plan: dict[str, Any] = {name: step.stage for name, step in toy_run.plan(*frozen).items()}
    classifier, segmenter = plan["train_classifier"], plan["train_segmenter"]
    network = as_trained(classifier.classifier, classes=("a",), fit=classifier.fit)
    assert isinstance(network, GAPClassifier)
    trained = {name for name, each in network.named_parameters() if each.requires_grad}
    same = classifier.classifier.skeleton(("a",))
    same.freeze_until(classifier.fit.frozen_until)
    assert trained == {name for name, each in same.named_parameters() if each.requires_grad}
    other = as_trained(segmenter.segmenter, classes=("a",), fit=segmenter.fit)
    assert isinstance(other, SegmentationNetwork)
    assert not all(each.requires_grad for each in other.encoder.parameters())
    assert all(each.requires_grad for each in other.decoder_parameters())


def test_a_training_on_others_artifacts_cannot_be_tried(toy_run: Run):
    stage: Any = toy_run.plan("stages=irn", "refine=irn")["train_irn"].stage
    assert measured(stage, toy_run.plan()["train_classifier"].stage.classifier, classes=("a",), images=8) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("seconds_an_image", "batches", "expected"),
    [
        (0.1, [2, 16], StepCost(seconds=1.6, memory=116)),
        # 16 images would take 16 seconds: those of 2 are scaled.
        (1.0, [2], StepCost(seconds=16.0, memory=116)),
    ],
)
def test_a_small_batch_tells_where_a_whole_one_takes_too_long(
    seconds_an_image: float, batches: list[int], expected: StepCost, monkeypatch: pytest.MonkeyPatch
):
    asked = []

    def steps(_: nn.Module, *, batch: int, **__: Any) -> float:
        asked.append(batch)
        return seconds_an_image * batch

    monkeypatch.setattr(module, "_second_of_two", steps)
    monkeypatch.setattr(module, "_memory", lambda _: 100 + (asked[-1] if asked else 0))
    cost = cost_of_step(nn.Linear(1, 1), batch=16, side=8, device=CPU)
    assert asked == batches
    assert cost.seconds == pytest.approx(expected.seconds)
    assert cost.memory == expected.memory


def test_steps_are_made_in_earnest_and_leave_the_random_state_alone(stages: dict[str, Any]):
    stage = stages["train_segmenter"]
    before = torch.get_rng_state()
    found = measured(stage, stage.segmenter, classes=("a", "b"), images=8)
    assert found is not None
    assert found.seconds > 0
    assert found.size > 100_000
    assert torch.equal(torch.get_rng_state(), before)
