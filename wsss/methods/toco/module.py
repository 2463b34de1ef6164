"""ToCo's training (Ru et al., CVPR 2023): labels, and two contrasts that maps of an earlier block supervise."""

from itertools import chain
from typing import Any, final

import torch
from jaxtyping import Float
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional

from wsss.cams.base import scaled_to_one
from wsss.methods.toco.crops import cell_labels, cropped, surely, views_of
from wsss.methods.toco.losses import crop_contrast, patch_contrast
from wsss.methods.toco.options import ToCoFit
from wsss.methods.toco.projection import Projection, follow, slow_copy
from wsss.models.gap import GAPClassifier
from wsss.training.classifier import MultiLabelModule, soft_margin
from wsss.types import Cut, Images


@final
class ToCoModule(MultiLabelModule):
    """Fits a transformer to image-level labels at its end and at an earlier block, whose maps tell patches apart."""

    network: GAPClassifier

    def __init__(self, *, network: GAPClassifier, fit: ToCoFit, random_seed: int) -> None:
        super().__init__(network=network, fit=fit, random_seed=random_seed)
        self._fit = fit
        classes, channels = network.head_weight.shape
        self.auxiliary = nn.Linear(channels, classes, bias=False)
        # Without a weight nothing of it would have a gradient, for which DDP waits.
        self.projection = Projection(channels) if fit.crops else None
        self.slow = None if self.projection is None else slow_copy(self.projection)

    def learn(self, images: Images, present: Float[Tensor, "b c"]) -> tuple[Float[Tensor, ""], Float[Tensor, "b c"]]:
        """Return the soft margins of both heads with both contrasts, and the logits of the last one."""
        maps = self.maps(images)
        early = self.network.until(self._fit.auxiliary, images)
        last = self.network.onwards(self._fit.auxiliary, early)
        logits = self.network.after("last", last)
        loss = soft_margin(logits, present) + soft_margin(self.auxiliary(early.maps.mean(dim=(2, 3))), present)
        loss = loss + self._fit.patches * self._patch_contrast(last, maps, present)
        if self.projection is not None:
            loss = loss + self._fit.crops * self._crop_contrast(images, maps, present)
        return loss, logits

    @torch.no_grad()
    def maps(self, images: Images) -> Float[Tensor, "b c h w"]:
        """Return the maps of the auxiliary head at the size of the images, each between 0 and 1."""
        size, found = images.shape[2:], torch.zeros((), device=images.device)
        for scale in self._fit.scales:
            seen = images if scale == 1 else _resized(images, [max(1, int(side * scale)) for side in size])
            both = torch.stack([_resized(self._raw(each), size) for each in (seen, seen.flip(3))])
            found = found + torch.maximum(both[0], both[1].flip(3)).relu()
        return scaled_to_one(found.flatten(0, 1)).reshape(found.shape)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        new = [self.auxiliary] if self.projection is None else [self.auxiliary, self.projection]
        head = chain(self.network.head_parameters(), *(part.parameters() for part in new))
        return self.sgd(backbone=self.network.backbone_parameters(), head=head)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Also let the slower projection follow."""
        super().on_train_batch_start(batch, batch_idx)
        if self.slow is not None and self.projection is not None:
            follow(self.slow, self.projection, momentum=self._fit.slowness)

    def _raw(self, images: Images) -> Float[Tensor, "b c y x"]:
        cut = self.network.until(self._fit.auxiliary, images)
        return torch.einsum("bdyx,cd->bcyx", cut.maps.float(), self.auxiliary.weight.float())

    def _patch_contrast(
        self, last: Cut, maps: Float[Tensor, "b c h w"], present: Float[Tensor, "b c"]
    ) -> Float[Tensor, ""]:
        coarse = _resized(maps, last.maps.shape[2:])
        return patch_contrast(last.maps, cell_labels(coarse, present, low=self._fit.low, high=self._fit.high))

    def _crop_contrast(
        self, images: Images, maps: Float[Tensor, "b c h w"], present: Float[Tensor, "b c"]
    ) -> Float[Tensor, ""]:
        assert self.projection is not None
        assert self.slow is not None
        sure = surely(maps, present, low=self._fit.low, high=self._fit.high)
        views = self._tokens(views_of(images, side=self._fit.view_side))
        crops = cropped(images, sure, count=self._fit.crop_count, side=self._fit.crop_side)
        tokens = torch.cat([views, self._tokens(crops.images)], dim=1)
        whole = torch.ones(views.shape[:2], dtype=torch.bool, device=images.device)
        return crop_contrast(
            _each(self.slow, views.detach()),
            _each(self.projection, tokens),
            positive=torch.cat([whole, crops.positive], dim=1),
            temperature=self._fit.temperature,
        )

    def _tokens(self, images: Float[Tensor, "b k 3 s s"]) -> Float[Tensor, "b k d"]:
        """Return the class token of each image."""
        cut = self.network.until("last", images.flatten(0, 1))
        return cut.rest[0][:, 0].reshape(*images.shape[:2], -1)


def _resized(maps: Float[Tensor, "b c y x"], size: Any) -> Float[Tensor, "b c _ _"]:
    return functional.interpolate(maps, size=[int(side) for side in size], mode="bilinear", align_corners=False)


def _each(projection: Projection, tokens: Float[Tensor, "b k d"]) -> Float[Tensor, "b k e"]:
    made: Tensor = projection(tokens.flatten(0, 1))
    return made.reshape(*tokens.shape[:2], -1)
