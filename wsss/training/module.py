"""The base of training modules: randomness by key, counts over all ranks, and gathering without padding."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeVar, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, distributed, nn

from wsss.data.randomness import mix
from wsss.models.freezing import fix_batch_norm, freeze_batch_norm
from wsss.training.options import FitOptions

P = ParamSpec("P")
R = TypeVar("R")

LOGGED_METRICS: Final = "metrics"
"""Where a checkpoint holds what was logged last."""
SEEDED: Final[Mapping[str, Callable[[int], None]]] = {"cuda": torch.cuda.manual_seed, "mps": torch.mps.manual_seed}
"""What seeds a device's generator, by its type."""


class KeyedModule(pl.LightningModule):
    """A module around `network` whose every step draws from a generator keyed by (random seed, epoch, step, rank).

    Seeding at the start of an epoch would not do: the first epoch after a resume begins elsewhere in the stream.
    """

    network: nn.Module
    compiler: str | None = None
    """By which `compiled` compiles; see `TrainerOptions.compile`."""

    def __init__(self, *, fit: FitOptions, random_seed: int) -> None:
        super().__init__()
        self.options = fit
        self.random_seed = random_seed
        self._compiled: dict[Callable[..., Any], Callable[..., Any]] = {}

    def hold_batch_norm(self, part: nn.Module) -> None:
        """Keep the batch norm of a part of the network as the options say; to be called by every `train`."""
        if self.options.batch_norm != "learning":
            freeze_batch_norm(part)
        if self.options.batch_norm == "fixed":
            fix_batch_norm(part)

    def configure_model(self) -> None:
        """Hold batch norm before processes share the network and the optimiser is given parameters."""
        self.train()

    def on_train_start(self) -> None:
        """Switch to training where it goes on within an epoch, which then does not start again."""
        self.train()

    def on_train_epoch_start(self) -> None:
        """Switch to training: Lightning leaves the modes of layers as it finds them, batch norm's among them."""
        self.train()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed torch's generators for this step: the CPU's, and its device's."""
        seed = mix("step", self.random_seed, self.current_epoch, batch_idx) + self.global_rank
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` notes each call for every device without one
        if self.device.type in SEEDED:
            SEEDED[self.device.type](seed)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was logged last."""
        checkpoint[LOGGED_METRICS] = logged(self.trainer)

    def sgd(self, *, backbone: Iterable[nn.Parameter], head: Iterable[nn.Parameter]) -> OptimizerLRSchedulerConfig:
        """Return the optimiser and its schedule as Lightning wants them."""
        steps = self.options.steps or int(self.trainer.estimated_stepping_batches)
        trained, new = [parameter for parameter in backbone if parameter.requires_grad], list(head)
        biases = self._biases_among(new) if self.options.parts_biases else []
        apart = {id(parameter) for parameter in biases}
        weights = [parameter for parameter in new if id(parameter) not in apart]
        optimiser, schedule = self.options.optimiser(
            backbone=trained, head=weights, biases=biases, steps=steps, fused=self.fused
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    @property
    def fused(self) -> bool:
        """Whether one kernel changes all weights: on an NVIDIA GPU, where Lightning can still clip gradients."""
        if self.device.type != "cuda":
            return False
        return self.trainer.precision == "32-true" or not self.trainer.gradient_clip_val

    def compiled(self, call: Callable[P, R]) -> Callable[P, R]:
        """Return what a step asks of the network, compiled where that is wanted; the network stays what it is.

        A compiled network would have other names of its weights.
        """
        if self.compiler is None:
            return call
        if call not in self._compiled:
            self._compiled[call] = torch.compile(call, backend=self.compiler)
        return cast("Callable[P, R]", self._compiled[call])

    def _biases_among(self, parameters: list[nn.Parameter]) -> list[nn.Parameter]:
        named = {id(parameter): name for name, parameter in self.named_parameters()}
        return [parameter for parameter in parameters if named[id(parameter)].split(".")[-1] == "bias"]


def logged(trainer: pl.Trainer) -> dict[str, float]:
    """Return the metrics that a training logged last."""
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


def process_count() -> int:
    """Return the number of processes that train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def over_all_ranks(count: Tensor) -> Tensor:
    """Return the sum of a count over all ranks, without a gradient."""
    total = count.detach().clone()
    if distributed.is_initialized():
        distributed.all_reduce(total)
    return total


def gathered(own: Sequence[Any]) -> list[Any]:
    """Return the objects of all ranks, in rank order."""
    if not distributed.is_initialized():
        return list(own)
    every: list[Any] = [None] * process_count()
    distributed.all_gather_object(every, list(own))
    return [item for part in every for item in part]
