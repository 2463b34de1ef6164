"""Who Lightning takes itself for: SLURM's variables and the files of other projects change nothing."""

import signal
from pathlib import Path
from typing import Any, Final

import pytest
import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.trainer.states import TrainerFn
from pytorch_lightning.utilities import rank_zero_only
from torch import Tensor, nn

from wsss.training.data import KeyedDataModule
from wsss.training.environment import environment
from wsss.training.length import Length
from wsss.training.loggers.history import HISTORY, read_history
from wsss.training.loggers.options import CSVHistory
from wsss.training.module import KeyedModule
from wsss.training.options import FitOptions
from wsss.training.trainer import Devices, fit, quiet, seed, trainer_for
from wsss.training.trainer_options import TrainerOptions

SLURM: Final = {
    "SLURM_JOB_ID": "42",
    "SLURM_JOB_NAME": "train",
    "SLURM_NTASKS": "1",
    "SLURM_NNODES": "1",
    "SLURM_NODELIST": "localhost",
    "SLURM_PROCID": "0",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
}
TORCHRUN: Final = {
    "TORCHELASTIC_RUN_ID": "train_classifier-0123",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "29500",
    "GROUP_RANK": "0",
    "RANK": "0",
    "LOCAL_RANK": "0",
    "WORLD_SIZE": "1",
    "LOCAL_WORLD_SIZE": "1",
}
EPOCHS: Final = 2


class Module(KeyedModule):
    """One weight a feature."""

    def __init__(self) -> None:
        super().__init__(fit=FitOptions(epochs=EPOCHS, batch_size=2, learning_rate=0.05), random_seed=5)
        self.network = nn.Linear(4, 1)

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        loss: Tensor = self.network(batch).square().mean()
        self.log("train/loss", loss.detach())
        return loss

    def configure_optimizers(self) -> Any:
        return self.sgd(backbone=[self.network.weight], head=[self.network.bias])


class Ones(torch.utils.data.Dataset[Tensor]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, _: Any) -> Tensor:
        return torch.ones(4)


def trainer(folder: Path, devices: Devices | None = None) -> pl.Trainer:
    return trainer_for(
        options=TrainerOptions(),
        devices=devices or Devices(),
        length=Length(epochs=EPOCHS),
        folder=folder / "checkpoints",
        logger=CSVHistory(),
        callbacks=[],
        validate=False,
    )


def trained(folder: Path, *, random_seed: int) -> dict[str, Tensor]:
    seed(random_seed)
    module = Module()
    data = KeyedDataModule(train=Ones(), val=None, batch_size=2, random_seed=5, workers=0)
    with quiet():
        fit(trainer(folder), module, data=data, resume=None)
    return module.network.state_dict()


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Lightning leaves when SLURM takes a job back: in the current folder, and wherever else it might look."""
    state = pl.Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, max_epochs=1)
    with quiet():
        state.fit(Module(), torch.utils.data.DataLoader(Ones(), batch_size=2))
    for folder in (tmp_path, tmp_path / "artifact", tmp_path / "artifact" / "checkpoints"):
        state.save_checkpoint(folder / "hpc_ckpt_1.ckpt")
    monkeypatch.chdir(tmp_path)


def start(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    monkeypatch.setattr(rank_zero_only, "rank", 0)  # Lightning keeps it for the whole process: it is put back
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("variables", [SLURM, SLURM | TORCHRUN], ids=["inline", "torchrun"])
def test_slurm_beside_a_foreign_checkpoint_gives_the_same_weights(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    expected = trained(tmp_path / "clean", random_seed=1)
    start(monkeypatch, **variables)
    weights = trained(tmp_path / "artifact", random_seed=1)
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in expected.items())


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("variables", [SLURM, SLURM | TORCHRUN], ids=["inline", "torchrun"])
def test_lightning_would_load_nothing_by_itself(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    start(monkeypatch, **variables)
    connector = trainer(tmp_path / "artifact")._checkpoint_connector
    asked = connector._select_ckpt_path(TrainerFn.FITTING, None, model_provided=True, model_connected=True)
    assert asked is None


def test_sigterm_stays_the_command_s(tmp_path: Path):
    seen = []

    def keep(*_: Any) -> None:
        seen.append(signal.getsignal(signal.SIGTERM))

    class Look(Callback):
        on_train_batch_start = keep

    before = signal.signal(signal.SIGTERM, keep)
    try:
        alone = trainer(tmp_path)
        alone.callbacks.append(Look())
        data = KeyedDataModule(train=Ones(), val=None, batch_size=2, random_seed=5, workers=0)
        with quiet():
            fit(alone, Module(), data=data, resume=None)
        assert signal.getsignal(signal.SIGTERM) is keep
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [keep] * 4  # two epochs of two steps


def test_slurm_alone_is_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # A batch script's variables: the tasks that `srun` would start are no workers of ours.
    start(monkeypatch, **SLURM | {"SLURM_NTASKS": "4", "SLURM_NTASKS_PER_NODE": "4", "SLURM_PROCID": "3"})
    assert isinstance(environment(), LightningEnvironment)
    alone = trainer(tmp_path)
    assert (alone.world_size, alone.global_rank, alone.local_rank, alone.node_rank) == (1, 0, 0, 0)


def test_a_training_is_logged_whatever_rank_was_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rank_zero_only, "rank", 1)  # as Lightning's import leaves it with RANK=1
    trained(tmp_path, random_seed=1)
    assert [row.step for row in read_history(tmp_path / HISTORY)] == [0, 1, 2, 3]


def test_torchrun_under_slurm_is_torchrun_s_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # The second of two machines, with one task each, and its second process of two.
    ranks = {"RANK": "3", "LOCAL_RANK": "1", "GROUP_RANK": "1", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}
    tasks = {"SLURM_NTASKS": "2", "SLURM_NNODES": "2", "SLURM_PROCID": "1", "SLURM_NODEID": "1"}
    start(monkeypatch, **SLURM | TORCHRUN | tasks | ranks)
    assert isinstance(environment(), TorchElasticEnvironment)
    one_of_four = trainer(tmp_path, Devices(each_machine=2, machines=2))
    assert isinstance(one_of_four._accelerator_connector.cluster_environment, TorchElasticEnvironment)
    assert (one_of_four.world_size, one_of_four.global_rank) == (4, 3)
    assert (one_of_four.local_rank, one_of_four.node_rank) == (1, 1)
