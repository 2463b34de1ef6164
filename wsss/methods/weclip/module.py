"""WeCLIP's training (Zhang et al., CVPR 2024): each step makes its labels, from classes and a frozen CLIP.

With several backbones and further losses it is WeCLIP+'s (Zhang et al., TPAMI 2025).
"""

from typing import final

import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from wsss.masks import on_grid_of
from wsss.methods.weclip.cells import Pairs, affinity_loss, cell_affinity
from wsss.methods.weclip.labels import Decoded, OnlineLabels
from wsss.methods.weclip.losses import dice_loss, exchange_loss, with_own_labels
from wsss.methods.weclip.options import WeCLIPFit
from wsss.models.hidden import Hidden
from wsss.models.segmenters.frozen_vit import FrozenSegmenter, Told
from wsss.training.module import KeyedModule
from wsss.training.segmenter import segmentation_loss


@final
class WeCLIPModule(KeyedModule):
    """Fits a decoder on frozen backbones to labels of its own making.

    The answer is the mean over backbones. Background and foreground count one half each; near cells of one label are to
    have like features, and those of two unlike ones. From a share of the steps on, what the features say chooses among
    CLIP's blocks.
    """

    def __init__(self, *, network: FrozenSegmenter, labels: OnlineLabels, fit: WeCLIPFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: FrozenSegmenter = network.to(memory_format=torch.channels_last)
        self._fit, self._labels, self._teacher = fit, labels, Hidden(labels.network)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the loss of the global batch."""
        images, present, _ = batch
        told = self.compiled(self.network.told)(images.contiguous(memory_format=torch.channels_last))
        size = (images.shape[-2], images.shape[-1])
        answers = [self.network.on_pixels(each, size=size) for each in told.answers]
        answer = torch.stack(answers).mean(dim=0)
        affinity = cell_affinity(told.features)
        labels = self._labels(images, present, decoded=self._decoded(told, affinity))
        related = affinity_loss(affinity, on_grid_of(told.features, labels), radius=self._fit.radius)
        if self._since(self._fit.own_labels_from):
            labels = with_own_labels(labels, answer, above=self._fit.own_labels_above)
        loss = segmentation_loss(answer, labels, kind="balanced") + self._fit.affinity_weight * related
        if self._fit.dice_weight:
            loss = loss + self._fit.dice_weight * dice_loss(answer, labels)
        if self._fit.exchange_weight:
            loss = loss + self._fit.exchange_weight * exchange_loss(answers)
        self.log_dict({"train/loss": loss.detach(), "train/affinity": related.detach()})
        return loss

    def _decoded(self, told: Told, affinity: Pairs) -> Decoded | None:
        """Return what has a say in the labels of this step."""
        if not self._since(self._fit.refined_from):
            return None
        shares = torch.stack(told.answers).mean(dim=0).detach().softmax(dim=1) if self._fit.answer_in_maps else None
        return Decoded(affinity=affinity.detach(), shares=shares)

    def _since(self, share: float) -> bool:
        return self.global_step >= share * self.steps

    @property
    def steps(self) -> int:
        """Steps of the optimiser in all."""
        return self.options.steps or int(self.trainer.estimated_stepping_batches)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.encoder_parameters(), head=self.network.decoder_parameters())
