"""WeCLIP's training (Zhang et al., CVPR 2024): each step makes its labels, from classes and a frozen CLIP."""

from typing import final

import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from wsss.masks import on_grid_of
from wsss.methods.weclip.cells import affinity_loss, cell_affinity
from wsss.methods.weclip.labels import OnlineLabels
from wsss.methods.weclip.options import WeCLIPFit
from wsss.models.hidden import Hidden
from wsss.models.segmenters.frozen_vit import FrozenSegmenter
from wsss.training.module import KeyedModule
from wsss.training.segmenter import segmentation_loss


@final
class WeCLIPModule(KeyedModule):
    """Fits a decoder on frozen backbones to labels of its own making.

    Background and foreground count one half each, for every backbone's answer; near cells of one label are to have
    like features, and those of two unlike ones. From a share of the steps on, what the features say chooses among
    CLIP's blocks.
    """

    def __init__(self, *, network: FrozenSegmenter, labels: OnlineLabels, fit: WeCLIPFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: FrozenSegmenter = network.to(memory_format=torch.channels_last)
        self._fit, self._labels, self._teacher = fit, labels, Hidden(labels.network)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the loss of the global batch."""
        images, present, _ = batch
        features, answers = self.compiled(self.network.told)(images.contiguous(memory_format=torch.channels_last))
        affinity = cell_affinity(features)
        refining = self.global_step >= self._fit.refined_from * self.steps
        labels = self._labels(images, present, affinity=affinity.detach() if refining else None)
        learnt = torch.stack([segmentation_loss(logits, labels, kind="balanced") for logits in answers]).sum()
        related = affinity_loss(affinity, on_grid_of(features, labels), radius=self._fit.radius)
        loss = learnt + self._fit.affinity_weight * related
        self.log_dict({"train/loss": loss.detach(), "train/affinity": related.detach()})
        return loss

    @property
    def steps(self) -> int:
        """Steps of the optimiser in all."""
        return self.options.steps or int(self.trainer.estimated_stepping_batches)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.encoder_parameters(), head=self.network.decoder_parameters())
