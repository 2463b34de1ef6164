"""The segmentation network's training: cross entropy on pseudo masks, ignored pixels without a say."""

from typing import Literal

import torch
from jaxtyping import Float, Int64
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.nn import functional

from wsss.labels import BACKGROUND, IGNORE
from wsss.models.freezing import freeze_batch_norm
from wsss.models.segmentation import SegmentationNetwork
from wsss.training.module import KeyedModule, over_all_ranks, process_count
from wsss.training.options import SegmenterFit


class SegmenterModule(KeyedModule):
    """Fits a segmentation network to label masks. It sees no true mask, so it reports no validation score."""

    def __init__(self, *, network: SegmentationNetwork, fit: SegmenterFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: SegmentationNetwork = network.to(memory_format=torch.channels_last)
        self._loss: Literal["cross_entropy", "balanced"] = fit.loss

    def train(self, mode: bool = True) -> "SegmenterModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training; the decoder's batch norm always learns, the encoder's where it is to."""
        super().train(mode)
        if self.options.batch_norm == "frozen":
            freeze_batch_norm(self.network.encoder)
        return self

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the loss over the labelled pixels of the global batch."""
        images, labels = batch
        logits = self.network(images.contiguous(memory_format=torch.channels_last))
        loss = segmentation_loss(logits, labels, kind=self._loss)
        self.log("train/loss", loss.detach())
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.encoder_parameters(), head=self.network.decoder_parameters())


def segmentation_loss(
    logits: Float[Tensor, "b labels h w"], labels: Int64[Tensor, "b h w"], *, kind: Literal["cross_entropy", "balanced"]
) -> Float[Tensor, ""]:
    """Return the cross entropy over pixels that are not 255; zero, with a gradient, where there are none.

    Sums are divided by counts over all ranks, and multiplied by the ranks since DDP averages gradients: the result
    does not depend on how the global batch is split.
    """
    each = functional.cross_entropy(logits.float(), labels, ignore_index=IGNORE, reduction="none")
    if kind == "cross_entropy":
        return _mean_over_ranks(each, labels != IGNORE)
    background = _mean_over_ranks(each, labels == BACKGROUND)
    foreground = _mean_over_ranks(each, (labels != BACKGROUND) & (labels != IGNORE))
    return (background + foreground) / 2


def _mean_over_ranks(each: Tensor, chosen: Tensor) -> Tensor:
    count = over_all_ranks(chosen.sum()).clamp(min=1)
    return (each * chosen).sum() * process_count() / count
