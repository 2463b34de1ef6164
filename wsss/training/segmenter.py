"""The segmentation network's training: cross entropy on pseudo masks, ignored pixels without a say."""

from typing import Any, Final, Literal

import torch
from jaxtyping import Float, Int64
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.nn import functional

from wsss.labels import BACKGROUND, IGNORE
from wsss.masks import on_grid_of
from wsss.metrics.confusion import SegmentationScores, known_or_none
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.training.module import KeyedModule, over_all_ranks, process_count
from wsss.training.options import SegmenterFit

PIXELS: Final = "pixels"
"""Where a checkpoint holds how the epoch's pixels were labelled."""


class SegmenterModule(KeyedModule):
    """Fits a segmentation network to label masks of so many labels, the background included.

    It sees no true mask: `train/miou` says after every epoch how well the network reproduced the masks that it learns
    from, over the epoch's crops as it saw them.
    """

    def __init__(self, *, network: SegmentationNetwork, fit: SegmenterFit, random_seed: int, labels: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        # Of this process in this epoch, and of all of them in the last one. No buffers: DDP sets those to rank 0's.
        self._pixels = self._reproduced = torch.zeros(labels, labels, dtype=torch.int64)
        self.network: SegmentationNetwork = network.to(memory_format=torch.channels_last)
        self._loss: Literal["cross_entropy", "balanced"] = fit.loss

    def train(self, mode: bool = True) -> "SegmenterModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training; the decoder's batch norm always learns, the encoder's where it is to."""
        super().train(mode)
        self.hold_batch_norm(self.network.encoder)
        return self

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the loss over the labelled pixels of the global batch, added up where there are several answers."""
        images, labels = batch
        answers = self.compiled(self.network.learnt)(images.contiguous(memory_format=torch.channels_last))
        grids = [on_grid_of(logits, labels) for logits in answers]
        losses = [segmentation_loss(logits, own, kind=self._loss) for logits, own in zip(answers, grids, strict=True)]
        loss = torch.stack(losses).sum()
        self.log("train/loss", loss.detach())
        self._pixels = self._pixels.to(labels.device) + confusion_of(answers[-1].detach(), grids[-1])
        return loss

    def on_train_epoch_start(self) -> None:
        """Also count anew."""
        super().on_train_epoch_start()
        self._pixels = torch.zeros_like(self._pixels)

    def on_train_epoch_end(self) -> None:
        """Log how well the masks were reproduced, by all processes together."""
        self._reproduced = over_all_ranks(self._pixels)
        if (miou := known_or_none(self.reproduced().miou)) is not None:
            self.log("train/miou", miou)

    def reproduced(self) -> SegmentationScores:
        """Return how well the network reproduced in the last epoch what it learns from, label by label."""
        return SegmentationScores.of(self._reproduced.cpu().numpy())

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Also keep the counts of this epoch until now, which a training that goes on in it, or after it, reads."""
        super().on_save_checkpoint(checkpoint)
        checkpoint[PIXELS] = over_all_ranks(self._pixels).cpu()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """See `on_save_checkpoint`; the first process goes on with the counts of all."""
        self._reproduced = checkpoint[PIXELS]
        self._pixels = self._reproduced if self.global_rank == 0 else torch.zeros_like(self._reproduced)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.encoder_parameters(), head=self.network.decoder_parameters())


def confusion_of(
    logits: Float[Tensor, "b labels h w"], labels: Int64[Tensor, "b h w"]
) -> Int64[Tensor, "labels labels"]:
    """Count pixels that are not 255 by their label, down, and by the label of the highest logit, across."""
    count = logits.shape[1]
    pairs = labels * count + logits.argmax(dim=1)
    return torch.bincount(pairs[labels != IGNORE], minlength=count**2).reshape(count, count)


def segmentation_loss(
    logits: Float[Tensor, "b labels h w"],
    labels: Int64[Tensor, "b h w"],
    *,
    kind: Literal["cross_entropy", "balanced"],
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """Return the cross entropy over pixels that are not 255; zero, with a gradient, where there are none.

    A pixel's target is 1 - `smoothing` for its label, and the other labels share the rest.

    Sums are divided by counts over all ranks, and multiplied by the ranks since DDP averages gradients: the result
    does not depend on how the global batch is split.
    """
    count = logits.shape[1]
    # torch smooths with all labels, and not with the others alone.
    each = functional.cross_entropy(
        logits.float(),
        labels,
        ignore_index=IGNORE,
        reduction="none",
        label_smoothing=smoothing * count / max(1, count - 1),
    )
    if kind == "cross_entropy":
        return mean_over_ranks(each, labels != IGNORE)
    background = mean_over_ranks(each, labels == BACKGROUND)
    foreground = mean_over_ranks(each, (labels != BACKGROUND) & (labels != IGNORE))
    return (background + foreground) / 2


def mean_over_ranks(each: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of what is chosen over all ranks, as `segmentation_loss` has it; zero where that is nothing."""
    count = over_all_ranks(chosen.sum()).clamp(min=1)
    return (each * chosen).sum() * process_count() / count
