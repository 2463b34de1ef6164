"""Ablation-CAM (Desai and Ramaswamy, WACV 2020): weight a channel by what the logit loses without it."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from wsss.cams.base import WeightedCAM, by_image, check_chunk, single
from wsss.protocols import CutClassifier, LinearHead
from wsss.types import Cut, Images, Targets


@dataclass(frozen=True, kw_only=True)
class AblationCAM(WeightedCAM):
    """sum_k w_k A_k with w_k = y_c - y_c[A_k := 0].

    The paper divides w_k by y_c. We do not: that scales a map, which no view needs, and turns its sign where the logit
    is negative. Only what follows the block runs again, once a channel, for all labels of an image together. Before a
    linear head on pooled maps nothing does: w_k is W_ck mean_ij(A_k).
    """

    differentiates: ClassVar[bool] = False

    chunk: int = 32
    """Channels to leave out at a time. Memory grows with it, results do not change."""

    def __post_init__(self) -> None:
        check_chunk(self.chunk)

    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """See `WeightedCAM`."""
        with torch.no_grad():
            cut = single(model.until(self.block, images))
            weights = self._weights(model, cut, targets=targets)
        return cut.maps[targets.image], weights

    def _weights(self, model: CutClassifier, cut: Cut, *, targets: Targets) -> Float[Tensor, "n d"]:
        if self.block == "last" and isinstance(model, LinearHead):
            # What a pooled channel adds to a logit is a product.
            return model.head_weight[targets.cls].float() * cut.maps.mean(dim=(2, 3))[targets.image]
        weights = cut.maps.new_zeros(len(targets), cut.maps.shape[1])
        for image, mine in by_image(targets):
            weights[mine] = self._losses(model, cut.take(image))[:, targets.cls[mine]].T
        return weights

    def _losses(self, model: CutClassifier, cut: Cut) -> Float[Tensor, "d c"]:
        """Return what one image's logits lose with every channel."""
        every = torch.arange(cut.maps.shape[1], device=cut.maps.device)
        # A channel's share of a logit is smaller than what half precision rounds away.
        with torch.autocast(cut.maps.device.type, enabled=False):
            whole = model.after(self.block, cut)
            rest = [model.after(self.block, without(channels, cut)) for channels in torch.split(every, self.chunk)]
        return whole - torch.cat(rest)


def without(channels: Int64[Tensor, " r"], cut: Cut) -> Cut:
    """Return a copy of one image's cut for each of `channels`, which is 0 there."""
    copies = cut.take(torch.zeros_like(channels))
    copies.maps[torch.arange(len(channels)), channels] = 0
    return copies
