"""Fit: weights that are whole, and a training that was killed and goes on."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from toy_runs import Run

from wsss.engine.fit import load_weights, save_weights
from wsss.engine.stage import Job
from wsss.errors import ConfigError, ModelError, StoreError
from wsss.models.weights import WEIGHTS
from wsss.store.store import Artifact, Store
from wsss.training import trainer as training
from wsss.training.loggers.history import HISTORY, read_history


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return Store(root=tmp_path).artifact("train_classifier", "0" * 16)


def test_weights_come_back_exactly(artifact: Artifact):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    artifact.checkpoints.mkdir(parents=True)
    (artifact.checkpoints / "epoch.ckpt").touch()
    save_weights(network, artifact)
    other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    load_weights(other, artifact)
    for name, tensor in network.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)
    assert list(artifact.checkpoints.iterdir()) == []
    assert [path.name for path in artifact.items.iterdir()] == [WEIGHTS]


def test_weights_of_another_architecture_are_refused(artifact: Artifact):
    save_weights(nn.Linear(2, 3), artifact)
    with pytest.raises(ModelError, match=r"another architecture; tensors that differ: weight"):
        load_weights(nn.Linear(2, 4), artifact)
    with pytest.raises(ModelError, match=r"another architecture; tensors that differ: 0\.weight, bias, weight"):
        load_weights(nn.Sequential(nn.Linear(2, 3, bias=False)), artifact)


@pytest.mark.parametrize("left", [None, 0, 100, 0.5])
def test_missing_and_torn_weights_are_named(artifact: Artifact, left: float | None):
    save_weights(nn.Linear(20, 30), artifact)
    path = artifact.items / WEIGHTS
    whole = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(whole[: int(left * len(whole)) if 0 < left < 1 else int(left)])
    with pytest.raises(StoreError, match=r"weights\.pt holds no weights .*delete .*0000 and run again"):
        load_weights(nn.Linear(20, 30), artifact)


@pytest.mark.parametrize("random_seed", [-1, 2**32])
def test_seeds_that_generators_do_not_take_are_refused(toy_run: Run, random_seed: int):
    stage: Any = toy_run.plan()["train_classifier"].stage
    with pytest.raises(ConfigError, match=f"random_seed: {random_seed} is not in 0"):
        replace(stage, random_seed=random_seed).check()


class Killed(Exception):  # noqa: N818 - it is what happens, not an error of ours
    pass


def test_a_killed_stage_goes_on_and_leaves_no_trace(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    step = toy_run.plan("limits.epochs=3")["train_classifier"]
    jobs = [
        Job(artifact=Store(root=tmp_path / name).artifact("train_classifier", "0" * 16), inputs=step.inputs)
        for name in ("unbroken", "killed")
    ]
    whole = step.stage.run(jobs[0])
    advance, moved = training.Bar.on_train_batch_end, []

    def dies(self: training.Bar, trainer: Any, *rest: Any) -> None:
        moved.append(trainer.global_step)
        if len(moved) == 3:  # of 2 steps an epoch
            raise Killed
        advance(self, trainer, *rest)

    monkeypatch.setattr(training.Bar, "on_train_batch_end", dies)
    with pytest.raises(Killed):
        step.stage.run(jobs[1])
    assert not jobs[1].artifact.items.exists()
    assert step.stage.run(jobs[1]) == whole
    assert moved == [1, 2, 3, 3, 4, 5, 6]
    unbroken, resumed = (torch.load(job.artifact.items / WEIGHTS, weights_only=True) for job in jobs)
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)
    histories = [read_history(job.artifact.path / HISTORY) for job in jobs]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 3 * 2 + 3
