"""The classifier's training: multi-label soft margin, batch norm frozen or learning, mAP on the validation split."""

from abc import abstractmethod
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional

from wsss.metrics.ranking import mean_average_precision
from wsss.models.gap import GAPClassifier
from wsss.training.module import KeyedModule, gathered
from wsss.training.options import ClassifierFit, MultiLabelFit
from wsss.types import Images


class MultiLabelModule(KeyedModule):
    """Fits a classifier to image-level labels with some loss, and is judged by its mAP."""

    def __init__(self, *, network: nn.Module, fit: MultiLabelFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        # Depthwise convolutions train 1.5 times as fast on a CPU this way, and tensor cores want it too.
        self.network = network.to(memory_format=torch.channels_last)
        self._answers: list[tuple[Any, Any]] = []

    def train(self, mode: bool = True) -> "MultiLabelModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training, with batch norm's statistics left as they are unless they are to learn."""
        super().train(mode)
        self.hold_batch_norm(self.network)
        return self

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> dict[str, Tensor]:
        """Return the loss of a batch, and the logits, which `KeptLogits` keeps."""
        images, present, _ = batch
        loss, logits = self.compiled(self.learn)(images.contiguous(memory_format=torch.channels_last), present)
        self.log("train/loss", loss.detach())
        return {"loss": loss, "logits": logits.detach()}

    @abstractmethod
    def learn(self, images: Images, present: Float[Tensor, "b c"]) -> tuple[Float[Tensor, ""], Float[Tensor, "b c"]]:
        """Return the loss, and the logits by which the network answers.

        `present` is 1 for each class that an image shows.
        """

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Keep logits and truth until the epoch ends, and return the logits."""
        images, present, _ = batch
        logits: Tensor = self.network(images.contiguous(memory_format=torch.channels_last))
        self._answers.append((present.bool().cpu().numpy(), logits.float().cpu().numpy()))
        return logits

    def on_validation_epoch_end(self) -> None:
        """Log the mAP over the whole split, every image counted once."""
        present, logits = zip(*gathered(self._answers), strict=True)
        self._answers.clear()
        value = mean_average_precision(np.concatenate(present), np.concatenate(logits))
        self.log("val/map", value)  # on all ranks, which have to agree on the best epoch


@final
class ClassifierModule(MultiLabelModule):
    """Fits a GAP classifier with the multi-label soft margin alone, as IRN; channels may be dropped out, as in PSA."""

    network: GAPClassifier

    def __init__(self, *, network: GAPClassifier, fit: ClassifierFit, random_seed: int) -> None:
        super().__init__(network=network, fit=fit, random_seed=random_seed)
        self._dropout = fit.dropout

    def learn(self, images: Images, present: Float[Tensor, "b c"]) -> tuple[Float[Tensor, ""], Float[Tensor, "b c"]]:
        """Return the mean over images and classes of the binary cross entropy, and the logits."""
        cut = self.network.until("last", images)
        kept = functional.dropout2d(cut.maps, self._dropout, training=self.training)
        logits = self.network.after("last", cut.with_maps(kept))
        return soft_margin(logits, present), logits

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.backbone_parameters(), head=self.network.head_parameters())


def soft_margin(logits: Float[Tensor, "b c"], present: Float[Tensor, "b c"]) -> Float[Tensor, ""]:
    """Return the multi-label soft-margin loss: binary cross entropy with logits, averaged over images and classes."""
    return functional.binary_cross_entropy_with_logits(logits.float(), present)
