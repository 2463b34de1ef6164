"""The data module: global batches cut among ranks, and a validation in which every image is counted once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from torch.utils.data import Dataset

from wsss.errors import ConfigError
from wsss.signals import SIGNALS
from wsss.training.data import KeyedDataModule, _leave_signals


class Echo(Dataset[Any]):
    """Answers with what it was asked for."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, asked: Any) -> Any:
        return asked


def data(*, rank: int = 0, world: int = 1, train: int = 10, val: int = 7, batch_size: int = 4) -> KeyedDataModule:
    made = KeyedDataModule(
        train=Echo(train), val=Echo(val) if val else None, batch_size=batch_size, random_seed=3, workers=0
    )
    made.trainer = SimpleNamespace(global_rank=rank, world_size=world)  # type: ignore[assignment]
    return made


def asked_for(module: KeyedDataModule, epoch: int) -> list[list[tuple[int, int]]]:
    loader = module.train_dataloader()
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    return [list(zip(epochs.tolist(), items.tolist(), strict=True)) for epochs, items in loader]


def test_an_epoch_is_whole_batches_of_epoch_and_item():
    batches = asked_for(data(), 2)
    assert [len(batch) for batch in batches] == [4, 4]
    assert data().steps == len(batches)
    pairs = [pair for batch in batches for pair in batch]
    assert {epoch for epoch, _ in pairs} == {2}
    assert len({item for _, item in pairs}) == 8
    assert asked_for(data(), 2) == batches
    assert asked_for(data(), 3) != batches


def test_a_training_goes_on_in_the_middle_of_an_epoch():
    """Of three steps each: after five, the second epoch lacks its first two."""
    whole, resumed = data(train=14), data(train=14)
    resumed.go_on_after(5)
    for epoch, left in ((1, slice(2, None)), (2, slice(None))):
        assert asked_for(resumed, epoch) == asked_for(whole, epoch)[left]


def test_ranks_share_every_global_batch():
    whole = asked_for(data(), 1)
    parts = [asked_for(data(rank=rank, world=2), 1) for rank in (0, 1)]
    assert [[*first, *second] for first, second in zip(*parts, strict=True)] == whole


def test_no_more_processes_load_than_there_are_batches():
    made = KeyedDataModule(train=Echo(10), val=Echo(7), batch_size=4, random_seed=3, workers=64)
    made.trainer = SimpleNamespace(global_rank=0, world_size=1)  # type: ignore[assignment]
    assert made.train_dataloader().num_workers == 2
    assert made.val_dataloader().num_workers == 2  # type: ignore[union-attr]


def test_every_image_is_validated_once():
    for world in (1, 2, 3):
        seen = [
            item
            for rank in range(world)
            for batch in data(rank=rank, world=world).val_dataloader()
            for item in batch.tolist()
        ]
        assert sorted(seen) == list(range(7))


def test_no_validation():
    assert data(val=0).val_dataloader() == []
    assert not data(val=0).has_validation
    assert data().has_validation


def test_a_batch_that_the_data_cannot_fill_is_refused():
    with pytest.raises(ConfigError, match=r"batch_size: 4 is more than the 3 images there are: use at most 3"):
        data(train=3).train_dataloader()
    with pytest.raises(ConfigError, match=r"batch_size: 4 images do not divide among 3 devices: use 3 or 6"):
        data(world=3).train_dataloader()


@pytest.mark.parametrize("gpu", [False, True])
def test_memory_is_pinned_for_a_gpu_alone(gpu: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    assert data().train_dataloader().pin_memory is gpu
    assert data().val_dataloader().pin_memory is gpu  # type: ignore[union-attr]


def test_loader_processes_leave_signals_to_the_training():
    module = KeyedDataModule(train=Echo(4), val=Echo(80), batch_size=4, random_seed=3, workers=1)
    module.trainer = SimpleNamespace(global_rank=0, world_size=1)  # type: ignore[assignment]
    batches = iter(module.val_dataloader())
    next(batches)
    (process,) = batches._workers  # type: ignore[union-attr]
    for number in SIGNALS:
        os.kill(process.pid, number)
    assert len(list(batches)) == 19
    assert process.is_alive()


def test_a_second_sigterm_ends_a_loader_process():
    if (child := os.fork()) == 0:
        _leave_signals(0)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM


def test_a_training_that_is_ended_waits_for_no_loader_process_as_python_exits() -> None:
    program = """
from types import SimpleNamespace
from training.test_data import Echo
from wsss.training.data import KeyedDataModule
module = KeyedDataModule(train=Echo(4), val=Echo(80), batch_size=4, random_seed=3, workers=1)
module.trainer = SimpleNamespace(global_rank=0, world_size=1)
kept = iter(module.val_dataloader())
next(kept)
raise KeyboardInterrupt
"""
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, env=variables, capture_output=True, text=True, timeout=120
    )
    assert ended.stderr.endswith("KeyboardInterrupt\n")
