"""AMN's training (Lee et al., CVPR 2022): labels of cells, balanced and smoothed."""

from typing import Any, final

import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from wsss.masks import on_grid_of
from wsss.methods.amn.network import ActivationNet
from wsss.methods.amn.options import ActivationFit
from wsss.training.module import KeyedModule
from wsss.training.segmenter import segmentation_loss


@final
class ActivationModule(KeyedModule):
    """Fits AMN's network to confident labels; those of 255 have no say. It sees no true mask.

    Background and foreground count one half each. `smoothing` of each target goes to the other labels, which keeps
    activations from growing on the most telling parts alone.
    """

    def __init__(self, *, network: ActivationNet, fit: ActivationFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: ActivationNet = network.to(memory_format=torch.channels_last)
        self._smoothing = fit.smoothing

    def train(self, mode: bool = True) -> "ActivationModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training, with batch norm's statistics left as they are unless they are to learn."""
        super().train(mode)
        self.hold_batch_norm(self.network)
        return self

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Return the loss over the labelled cells of the global batch."""
        images, labels, present = batch
        logits = self.compiled(self.network)(images.contiguous(memory_format=torch.channels_last), present)
        loss = segmentation_loss(logits, on_grid_of(logits, labels), kind="balanced", smoothing=self._smoothing)
        self.log("train/loss", loss.detach())
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.backbone_parameters(), head=self.network.new_parameters())
