"""Fit: the third shape of a stage. A LightningModule and a LightningDataModule in, the network's weights out."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn
from torch.utils.data import Dataset

from wsss.data.index import Index
from wsss.engine.processes import world
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Stage
from wsss.errors import ConfigError, ModelError, StoreError, first_line, one_of
from wsss.models.weights import UNREADABLE, WEIGHTS
from wsss.store.files import whole
from wsss.store.kinds import NETWORK, Kind
from wsss.store.store import Artifact
from wsss.training.options import FitOptions, Limits, TrainerOptions

if TYPE_CHECKING:  # Lightning takes seconds to import, and a plan does not need it
    from wsss.training.data import KeyedDataModule
    from wsss.training.module import KeyedModule


@dataclass(frozen=True, kw_only=True)
class Fit(Stage):
    """Train with Lightning's Trainer, nothing of our own; resumes from the last whole epoch."""

    makes: ClassVar[Kind] = NETWORK

    fit: FitOptions
    """How the network is fitted, within `limits`."""
    limits: Limits = field(default_factory=Limits)
    trainer: TrainerOptions = field(default_factory=TrainerOptions)
    random_seed: int = 0
    train_split: str = "train"
    val_split: str = "val"

    def __post_init__(self) -> None:
        object.__setattr__(self, "fit", self.fit.limited(self.limits))

    def check(self) -> None:
        """Also refuse a seed that generators do not take."""
        super().check()
        if not 0 <= self.random_seed < 2**32:
            raise ConfigError([f"random_seed: {self.random_seed} is not in 0 .. 2^32 - 1"])

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there, and a batch that its images do not fill."""
        count, batch = len(index.split(self.train_split)), self.fit.batch_size
        if batch > count:
            problem = f"{batch} is more than the {count} images of split {self.train_split!r}: use at most {count}"
            raise ConfigError([f"{self.batch_size_from}.batch_size: {problem}"])

    @property
    def batch_size_from(self) -> str:
        """The field that says how many images a step has."""
        return "limits" if self.limits.batch_size else "fit"

    @abstractmethod
    def module(self, job: Job) -> "KeyedModule":
        """Build the module with its initial weights; the random state is seeded before."""

    @abstractmethod
    def data(self, job: Job) -> "KeyedDataModule":
        """Build the data module."""

    def epochs(self, job: Job) -> int:
        """Return how many epochs there are in all."""
        del job
        return self.fit.epochs

    def keep(self, module: "KeyedModule", artifact: Artifact) -> None:
        """Write what was trained; last the network's weights, which end what a killed training goes on from."""
        save_weights(module.network, artifact)

    def data_module(self, *, train: Dataset[Any], val: Dataset[Any] | None) -> "KeyedDataModule":
        """Serve datasets as the options say."""
        from wsss.training.data import KeyedDataModule  # noqa: PLC0415 - see above

        workers = self.runtime.workers if self.runtime.workers is not None else min(8, world().cores)
        return KeyedDataModule(
            train=train, val=val, batch_size=self.fit.batch_size, random_seed=self.random_seed, workers=workers
        )

    def run(self, job: Job) -> dict[str, Any]:
        """Train, or go on after the last whole epoch, and keep the weights."""
        from wsss.training.trainer import Bar, Devices, fit, quiet, resume_from, seed, trainer_for  # noqa: PLC0415 - see above

        folder = job.artifact.checkpoints
        resume, here = resume_from(folder), world()
        done = resume.step if resume else 0
        seed(self.random_seed)
        module, data = self.module(job), self.data(job)
        epochs = self.epochs(job)
        with quiet(), bar(job.artifact.stage, total=epochs * data.steps, unit="steps", done=done) as advance:
            trainer = trainer_for(
                options=self.trainer,
                devices=Devices(
                    accelerator="cpu" if self.runtime.torch_device().type == "cpu" else "gpu",
                    each_machine=here.local_size,
                    machines=here.machines,
                ),
                epochs=epochs,
                folder=folder,
                logger=self.runtime.logger,
                callbacks=[Bar(advance)],
                validate=data.has_validation,
            )
            metrics = fit(trainer, module, data=data, resume=resume)
        if trainer.is_global_zero:
            self.keep(module, job.artifact)
        steps = trainer.global_step
        counts = {"steps": steps, "images": steps * self.fit.batch_size, "parameters": _count(module.network)}
        return {"metrics": metrics, **counts}


def save_weights(network: nn.Module, artifact: Artifact) -> None:
    """Write a network's state dict; checkpoints, which also hold the optimiser, are then of no more use."""
    write_weights(network, artifact, name=WEIGHTS)
    clear_checkpoints(artifact)


def write_weights(network: nn.Module, artifact: Artifact, *, name: str) -> None:
    """Write the state dict of a network, or of a part of one, among the items."""
    artifact.items.mkdir(parents=True, exist_ok=True)
    state = {key: tensor.cpu().contiguous() for key, tensor in network.state_dict().items()}
    # Not by its path: torch hides what the system says of a full disk then.
    with whole(artifact.items / name) as hidden, hidden.open("wb") as file:
        torch.save(state, file)


def clear_checkpoints(artifact: Artifact) -> None:
    """Delete what a killed training would go on from."""
    for path in artifact.checkpoints.glob("*.ckpt"):
        path.unlink()


def load_weights(network: nn.Module, artifact: Artifact, *, name: str = WEIGHTS) -> None:
    """Fill a network with what `save_weights` or `write_weights` wrote.

    Raises `StoreError` where the file is missing or torn, and `ModelError` for another architecture's.
    """
    path = artifact.items / name
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except UNREADABLE as error:
        raise StoreError(
            f"{path} holds no weights ({first_line(error)}): delete the folder {artifact.path} and run again"
        ) from error
    own = network.state_dict()
    wrong = sorted(own.keys() ^ state.keys()) or [name for name in own if own[name].shape != state[name].shape]
    if wrong:
        raise ModelError(f"{path} is of another architecture; tensors that differ: {one_of(wrong, limit=3)}")
    network.load_state_dict(state)


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
