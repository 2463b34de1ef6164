"""What every training shares: steps that draw from their own stream, and sums over ranks."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from wsss.training import module as keyed
from wsss.training.module import KeyedModule, gathered, over_all_ranks, process_count
from wsss.training.options import FitOptions


class Module(KeyedModule):
    def __init__(self, *, random_seed: int = 0, epoch: int = 0, steps: int = 10, rank: int = 0) -> None:
        super().__init__(fit=FitOptions(), random_seed=random_seed)
        self.network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 1))
        self._trainer = SimpleNamespace(current_epoch=epoch, estimated_stepping_batches=steps, global_rank=rank)


def drawn(step: int, **options: Any) -> float:
    module = Module(**options)
    torch.manual_seed(torch.seed())  # what ran before must not matter
    module.on_train_batch_start(None, step)
    return torch.rand(()).item()


def test_a_step_s_randomness_depends_on_seed_epoch_step_and_rank_alone():
    assert drawn(3, epoch=1) == drawn(3, epoch=1)
    places = [(0, 0), (0, 1), (1, 0), (1, 1)]
    values = [
        drawn(step, epoch=epoch, random_seed=seed, rank=rank)
        for epoch, step in places
        for seed in (0, 1)
        for rank in (0, 1)
    ]
    assert len(set(values)) == len(values)


def test_frozen_parameters_are_left_to_the_optimiser_s_owner():
    module = Module(steps=7)
    first, second, head = module.network
    first.requires_grad_(False)
    config = module.sgd(backbone=[*first.parameters(), *second.parameters()], head=head.parameters())
    backbone, last = config["optimizer"].param_groups
    assert [id(p) for p in backbone["params"]] == [id(p) for p in second.parameters()]
    assert [id(p) for p in last["params"]] == [id(p) for p in head.parameters()]
    schedule: Any = config["lr_scheduler"]
    assert schedule["interval"] == "step"
    assert schedule["scheduler"].lr_lambdas[0](7) == 0


def test_biases_of_the_head_are_told_apart_where_they_are_trained_otherwise():
    module = Module()
    module.options = FitOptions(bias_factor=20.0, head_factor=10.0, bias_decay=False)
    first, second, head = module.network
    config = module.sgd(backbone=first.parameters(), head=[*second.parameters(), *head.parameters()])
    backbone, weights, biases = (group["params"] for group in config["optimizer"].param_groups)
    assert [id(p) for p in backbone] == [id(first.weight), id(first.bias)]
    assert [id(p) for p in weights] == [id(second.weight), id(head.weight)]
    assert [id(p) for p in biases] == [id(second.bias), id(head.bias)]


@pytest.mark.parametrize(
    ("device", "precision", "clip", "fused"),
    [
        ("cpu", "32-true", None, False),
        ("cuda", "32-true", None, True),
        ("cuda", "32-true", 1.0, True),
        ("cuda", "bf16-mixed", None, True),
        ("cuda", "bf16-mixed", 1.0, False),
    ],
)
def test_one_kernel_changes_all_weights_of_a_gpu(
    device: str, precision: str, clip: float | None, fused: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Module, "device", torch.device(device))
    module = Module()
    module._trainer.precision, module._trainer.gradient_clip_val = precision, clip
    first, *_, head = module.network
    config = module.sgd(backbone=first.parameters(), head=head.parameters())
    assert {bool(group["fused"]) for group in config["optimizer"].param_groups} == {fused}


class Normed(Module):
    def __init__(self, batch_norm: Any) -> None:
        super().__init__()
        self.options = FitOptions(batch_norm=batch_norm)
        self.network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))

    def train(self, mode: bool = True) -> "Normed":
        super().train(mode)
        self.hold_batch_norm(self.network)
        return self


@pytest.mark.parametrize(("kind", "learns"), [("learning", True), ("frozen", False), ("fixed", False)])
@pytest.mark.parametrize("hook", ["configure_model", "on_train_start", "on_train_epoch_start"])
def test_a_training_switches_modes_wherever_it_begins(hook: str, kind: str, learns: bool):
    module = Normed(kind).eval()
    getattr(module, hook)()
    conv, norm = module.network
    assert (module.training, conv.training, norm.training) == (True, True, learns)


def test_a_step_is_compiled_once_and_where_that_is_wanted():
    module, seen = Module(), list[int]()

    def step(number: int) -> int:
        seen.append(number)
        return number + 1

    assert module.compiled(step) is step
    module.compiler = "eager"
    compiled = module.compiled(step)
    assert compiled is not step
    assert module.compiled(step) is compiled
    assert compiled(1) == 2


@pytest.mark.parametrize(("kind", "learns", "weights_learn"), [("learning", 1, 1), ("frozen", 0, 1), ("fixed", 0, 0)])
def test_batch_norm_is_held_before_there_is_an_optimiser(kind: Any, learns: int, weights_learn: int):
    module = Normed(kind)
    module.configure_model()
    conv, norm = module.network
    assert (norm.training, norm.weight.requires_grad, norm.bias.requires_grad) == (learns, weights_learn, weights_learn)
    assert conv.weight.requires_grad
    trained = module.sgd(backbone=module.network.parameters(), head=[])["optimizer"].param_groups[0]["params"]
    assert len(trained) == (4 if weights_learn else 2)


def test_alone_there_is_nothing_to_gather():
    count = torch.tensor(3.0, requires_grad=True)
    total = over_all_ranks(count)
    assert total.item() == 3
    assert not total.requires_grad
    assert total is not count
    assert gathered(("a", "b")) == ["a", "b"]
    assert process_count() == 1


def test_together_counts_are_summed_and_objects_gathered_in_rank_order(monkeypatch: pytest.MonkeyPatch):
    def all_gather_object(every: list[Any], own: list[Any]) -> None:
        every[:] = [["other"], own]

    two = SimpleNamespace(
        is_initialized=lambda: True,
        get_world_size=lambda: 2,
        all_reduce=lambda count: count.add_(4),
        all_gather_object=all_gather_object,
    )
    monkeypatch.setattr(keyed, "distributed", two)
    own = torch.tensor(3)
    assert over_all_ranks(own).item() == 7
    assert own.item() == 3
    assert gathered(["mine"]) == ["other", "mine"]
    assert process_count() == 2


def test_the_schedule_ends_with_the_steps_that_were_asked_for():
    module = Module(steps=12)
    module.options = FitOptions(steps=7, poly_power=1.0)
    schedule: Any = module.sgd(backbone=module.network.parameters(), head=[])["lr_scheduler"]
    assert [schedule["scheduler"].lr_lambdas[0](step) for step in (0, 7)] == [1, 0]
