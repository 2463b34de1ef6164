"""The training of binary classifiers: each tells two classes apart, on images that show only one of them."""

from collections.abc import Callable, Sequence
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float, Int64
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from wsss.methods.representatives.options import OwnRepresentativesFit, RepresentativesFit
from wsss.models.gap import GAPClassifier
from wsss.training.module import KeyedModule

CLASSES_OF_A_PAIR: Final = 2


@final
class SharedPairsModule(KeyedModule):
    """Two logits a pair on one frozen backbone; all pairs learn from every batch."""

    def __init__(
        self,
        *,
        network: GAPClassifier,
        fit: RepresentativesFit,
        random_seed: int,
        pairs: Sequence[tuple[int, int]],
        weights: Float[Tensor, "p 2"],
    ) -> None:
        """Take a network with two logits a pair, and the weights of each pair's sides (see `side_weights`)."""
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: GAPClassifier = network.to(memory_format=torch.channels_last)
        self.network.backbone.requires_grad_(requires_grad=False)
        self.register_buffer("pairs", torch.tensor(pairs), persistent=False)
        self.register_buffer("weights", weights, persistent=False)

    def train(self, mode: bool = True) -> "SharedPairsModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training; the backbone stays as it is used later."""
        super().train(mode)
        self.network.backbone.eval()
        return self

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the sum over all pairs, so that each learns as fast as it would alone; their mean is logged."""
        images, present, _ = batch
        with torch.no_grad():
            cut = self.network.until("last", images.contiguous(memory_format=torch.channels_last))
        logits = self.network.after("last", cut).reshape(len(images), -1, CLASSES_OF_A_PAIR)
        pairs, weights = self.get_buffer("pairs"), self.get_buffer("weights")
        loss = pair_loss(logits, weights * alone(present, pairs))
        self.log("train/loss", loss.detach() / len(pairs))
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Only the heads learn."""
        return self.sgd(backbone=[], head=self.network.head_parameters())


@final
class OwnPairsModule(KeyedModule):
    """A network for each pair, one after the other: so many epochs each, and every one from the same first weights.

    All of this is one training of as many epochs as there are pairs times `epochs`: what is learnt now follows from the
    epoch, so a training that was killed goes on in the pair where it stopped.
    """

    def __init__(
        self,
        *,
        network: GAPClassifier,
        fit: OwnRepresentativesFit,
        random_seed: int,
        pairs: int,
        keep: Callable[[int, nn.Module], None],
    ) -> None:
        """Take the network that a pair starts as, and what is called with each pair's position and trained network."""
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: GAPClassifier = network.to(memory_format=torch.channels_last)
        self._first = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        self._epochs, self._pairs, self._keep = fit.epochs_of(fit.images), pairs, keep

    def train(self, mode: bool = True) -> "OwnPairsModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training, with batch norm's statistics left as they are unless they are to learn."""
        super().train(mode)
        self.hold_batch_norm(self.network)
        return self

    def on_train_epoch_start(self) -> None:
        """Begin with the next pair where one is finished: first weights, and an optimiser that remembers nothing."""
        super().on_train_epoch_start()
        if self.current_epoch % self._epochs == 0:
            self.network.load_state_dict(self._first)
            for optimiser in self.trainer.optimizers:
                optimiser.state.clear()

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the cross entropy of the pair that is learnt in this epoch."""
        images, side = batch
        logits = self.compiled(self.network)(images.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(logits.float(), side)
        self.log("train/loss", loss.detach())
        return loss

    def on_train_epoch_end(self) -> None:
        """Hand a finished network over, before Lightning writes that its last epoch is done."""
        if (self.current_epoch + 1) % self._epochs == 0 and self.trainer.is_global_zero:
            self._keep(self.current_epoch // self._epochs, self.network)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The schedule starts anew with every pair."""
        each = int(self.trainer.estimated_stepping_batches) // self._pairs
        trained = [parameter for parameter in self.network.backbone_parameters() if parameter.requires_grad]
        optimiser, _ = self.options.optimiser(
            backbone=trained, head=[*self.network.head_parameters()], steps=each, fused=self.fused
        )
        schedule = LambdaLR(optimiser, lambda step: self.options.factor(step % each, steps=each))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def side_weights(
    apart: Int64[np.ndarray, "c c"], pairs: Sequence[tuple[int, int]], *, images: int
) -> Float[Tensor, "p 2"]:
    """Return what an image counts for a pair where it shows the first class alone, and where the second.

    `apart` is how many of the training images show the class of the row and not that of the column. Over an epoch
    both sides of a pair count one half an image, however many they are, and nothing where one of them is empty.
    """
    sides = torch.tensor([(apart[a, b], apart[b, a]) for a, b in pairs])
    possible = (sides > 0).all(dim=1, keepdim=True)
    return possible * images / (2 * sides.clamp(min=1))


def alone(present: Float[Tensor, "b c"], pairs: Int64[Tensor, "p 2"]) -> Float[Tensor, "b p 2"]:
    """Return 1 where an image shows that class of a pair and not the other: 0 where it shows both, or neither."""
    shown = present[:, pairs]
    return shown * (1 - shown.flip(2))


def pair_loss(logits: Float[Tensor, "b p 2"], weights: Float[Tensor, "b p 2"]) -> Float[Tensor, ""]:
    """Return the sum over all pairs of the weighted cross entropy, averaged over images."""
    return -(logits.float().log_softmax(dim=2) * weights).sum() / len(logits)
