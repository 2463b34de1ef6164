"""Fit: the third shape of a stage. A LightningModule and a LightningDataModule in, the network's weights out."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from torch import Tensor, nn
from torch.utils.data import Dataset

from wsss import training
from wsss.data.datasets import ClassifierData
from wsss.data.index import Index
from wsss.data.transforms import ClassifierTransform
from wsss.engine.finishing import finishing
from wsss.engine.processes import world
from wsss.engine.progress import bar
from wsss.engine.stage import Job, Stage
from wsss.engine.tuned import tuned
from wsss.errors import ConfigError
from wsss.models.base import LAST, NetworkOptions, PlannedNetwork, PlannedNetworks
from wsss.models.gap import check_frozen
from wsss.models.normalisation import Normalisation
from wsss.store.kinds import NETWORK, Kind
from wsss.store.networks import WEIGHTS, NetworkRecord, write_record, write_weights
from wsss.store.relocated import note_places
from wsss.store.store import Artifact
from wsss.training.compilers import check_compiler
from wsss.training.options import FitOptions, Limits
from wsss.training.shared_memory import check_shared_memory
from wsss.training.trainer_options import TrainerOptions

BEST: Final = "best"
"""The name of the weights of the best epoch."""
BEST_WEIGHTS: Final = "best.safetensors"
ADVICE: Final = "advice"
"""Key of a stage's summary: sentences on what went wrong and what to do, which stand at the top of the report."""
ACCELERATORS: Final[Mapping[str, Literal["cpu", "gpu", "mps"]]] = {"cpu": "cpu", "cuda": "gpu", "mps": "mps"}
"""Lightning's names of devices."""


@dataclass(frozen=True, kw_only=True)
class Fit(Stage):
    """Train with Lightning's Trainer, nothing of our own; resumes from the last checkpoint."""

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
        """Also refuse a seed that generators do not take, and a compiler that is not there."""
        super().check()
        check_compiler(self.trainer.compile, self.runtime.torch_device())
        if not 0 <= self.random_seed < 2**32:
            raise ConfigError([f"random_seed: {self.random_seed} is not in 0 .. 2^32 - 1"])

    def check_index(self, index: Index) -> None:
        """Refuse a split that is not there, and a batch that its images do not fill or that loaders cannot hold."""
        count, batch = len(index.split(self.train_split)), self.fit.batch_size
        if batch > count:
            problem = f"{batch} is more than the {count} images of split {self.train_split!r}: use at most {count}"
            raise ConfigError([f"{self.batch_size_from}.batch_size: {problem}"])
        check_shared_memory(self.fit.batch_bytes, workers=self.loaders, steps=count // batch)

    @property
    def batch_size_from(self) -> str:
        """The field that says how many images a step has."""
        return "limits" if self.limits.batch_size else "fit"

    @abstractmethod
    def planned_network(self, read: PlannedNetworks) -> PlannedNetwork:
        """See `Stage`."""

    @abstractmethod
    def normalisation(self, job: Job) -> Normalisation:
        """Return how pixels enter the network."""

    @abstractmethod
    def module(self, job: Job) -> "training.KeyedModule":
        """Build the module with its initial weights; the random state is seeded before."""

    @abstractmethod
    def data(self, job: Job) -> "training.KeyedDataModule":
        """Build the data module."""

    def epochs(self, job: Job) -> int:
        """Return how many epochs there are in all."""
        return self.fit.epochs_of(len(job.index().split(self.train_split)))

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the weights that are kept; readers are given the first."""
        return (LAST,) if self.fit.best_by is None else (BEST, LAST)

    def kept(self, module: "training.KeyedModule", job: Job) -> dict[str, Tensor]:
        """Return the tensors of the module that readers are given: the last epoch's, or the best one's."""
        return module.state_dict() if self.fit.best_by is None else training.best_weights(job.artifact.checkpoints)

    def keep(self, module: "training.KeyedModule", job: Job) -> None:
        """Write what was trained, and what it takes to open it."""
        write_weights(module.network.state_dict(), job.artifact)
        files: dict[str, tuple[str, ...]] = {LAST: (WEIGHTS,)}
        if self.fit.best_by is not None:
            write_weights(network_part(self.kept(module, job)), job.artifact, name=BEST_WEIGHTS)
            files = {BEST: (BEST_WEIGHTS,), **files}
        self.describe(job, weights=files)

    def callbacks(self, job: Job) -> "list[training.KeptLogits]":
        """Return what listens to the training and keeps what the network answers."""
        del job
        return []

    def findings(self, module: "training.KeyedModule", job: Job) -> dict[str, Any]:
        """Return what else a trained module tells for the summary; see `ADVICE`."""
        del module, job
        return {}

    def relocate(self, job: Job) -> None:
        """Note where the files lie today that the network reads beside its stored weights."""
        note_places(job.artifact, self.planned_network(job.networks()).options)

    def describe(self, job: Job, *, weights: dict[str, tuple[str, ...]], options: NetworkOptions | None = None) -> None:
        """Write of which network the weights are; `options` are the planned ones, where more is not known now."""
        record = NetworkRecord(
            options=options or self.planned_network(job.networks()).options,
            classes=job.index().classes,
            normalisation=self.normalisation(job),
            weights=weights,
            use=next(iter(weights)),
        )
        write_record(job.artifact, record)

    def augmented(self, job: Job, *, transform: ClassifierTransform) -> ClassifierData:
        """Return the training images with their image-level labels, augmented anew in every epoch."""
        index = job.index()
        return ClassifierData(
            index=index,
            records=index.split(self.train_split),
            transform=transform,
            normalisation=self.normalisation(job),
            random_seed=self.random_seed,
        )

    def data_module(
        self, *, train: Dataset[Any], val: Dataset[Any] | None, normalisation: Normalisation
    ) -> "training.KeyedDataModule":
        """Serve datasets as the options say, whose pixels are normalised on the device."""
        return training.KeyedDataModule(
            train=train,
            val=val,
            batch_size=self.fit.batch_size,
            random_seed=self.random_seed,
            workers=self.loaders,
            passes=self.fit.accumulate,
            normalisation=normalisation,
        )

    @property
    def loaders(self) -> int:
        """Loader processes of each process that trains."""
        return self.runtime.workers if self.runtime.workers is not None else min(8, world().cores)

    def run(self, job: Job) -> dict[str, Any]:
        """Train, or go on after the last checkpoint, and keep the weights."""
        folder = job.artifact.checkpoints
        resume, here = training.resume_from(folder), world()
        done = resume.step if resume else 0
        training.seed(self.random_seed)
        module, data = self.module(job), self.data(job)
        module.compiler = self.trainer.compile
        device = self.runtime.torch_device()
        epochs = self.epochs(job)
        total = self.fit.steps or epochs * data.steps
        shown = bar(job.artifact.stage, total=total, unit="steps", done=done)
        with finishing(job.artifact.path) as asked, training.quiet(), tuned(device), shown as advance:
            trainer = training.trainer_for(
                options=self.trainer,
                devices=training.Devices(
                    accelerator=ACCELERATORS[device.type],
                    each_machine=here.local_size,
                    machines=here.machines,
                ),
                length=training.Length(
                    epochs=epochs, steps=self.fit.steps, passes=self.fit.accumulate, each=data.steps
                ),
                folder=folder,
                logger=self.runtime.logger,
                callbacks=[
                    training.Bar(advance),
                    *self.callbacks(job),
                    training.BetweenSteps(folder, seconds=self.trainer.runtime.checkpoint_seconds, asked=asked),
                ],
                validate=data.has_validation,
                best_by=self.fit.best_by,
            )
            metrics = training.fit(trainer, module, data=data, resume=resume)
        if self.fit.best_by is not None:
            metrics[self.fit.best_by] = training.best_score(trainer)
        if trainer.is_global_zero:
            self.keep(module, job)
            clear_checkpoints(job.artifact)
        steps = trainer.global_step
        counts = {"steps": steps, "images": steps * self.fit.batch_size, "parameters": _count(module.network)}
        return {"metrics": metrics, **counts, **self.findings(module, job)}


@dataclass(frozen=True, kw_only=True)
class FitOnBackbone(Fit):
    """A training that goes on from the backbone of a trained classifier, which it reads as `classifier`."""

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a classifier without a backbone, and a block to freeze that it does not have."""
        check_frozen(read["classifier"].options.outline(), block=self.fit.frozen_until)

    def normalisation(self, job: Job) -> Normalisation:
        """See `Fit`: pixels enter as they entered the classifier."""
        return job.record("classifier").normalisation


def network_part(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict of a module's network out of the module's."""
    own = "network."
    return {name.removeprefix(own): tensor for name, tensor in state.items() if name.startswith(own)}


def clear_checkpoints(artifact: Artifact) -> None:
    """Delete what a killed training would go on from; it also holds the optimiser."""
    for path in artifact.checkpoints.glob("*.ckpt"):
        path.unlink()


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
