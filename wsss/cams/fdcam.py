"""FD-CAM (Li et al., ICPR 2022): weight a channel by its gradient, and by what the channels like it score."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import ROUNDING, WeightedCAM, by_image, check_chunk, gradients_of, scaled_to_one
from wsss.protocols import CutClassifier, LinearHead
from wsss.types import Cut, Images, Targets


@dataclass(frozen=True, kw_only=True)
class FDCAM(WeightedCAM):
    """sum_k w_k A_k with w_k = exp(minmax(s_k)) minmax(g_k) - 1/2, minima and maxima over the channels.

    g_k is the mean gradient of the logit. s_k switches channel k's group on and off: the logit of the group alone, plus
    what the logit loses without it. The group of k are the channels whose maps have a larger cosine with A_k than a
    quantile of all; where many are as good as equal to A_k, all these. A dead channel is in no group, and what is the
    same for all channels counts as their minimum. Only what follows the block runs again, twice a channel, for all
    labels of an image together. Before a linear head on pooled maps nothing does: s_k is 2 sum_j W_cj mean(A_j) over
    the group.
    """

    quantile: float = 0.95
    """Share of the channels that are not in a channel's group: 0.95 as in the authors' code."""
    chunk: int = 32
    """Channels whose groups are switched on and off at a time. Memory grows with it, results do not change."""

    def __post_init__(self) -> None:
        check_chunk(self.chunk)
        if not 0 <= self.quantile <= 1:
            raise ValueError(f"quantile must lie in 0 .. 1, got {self.quantile}")

    def channel_weights(
        self, model: CutClassifier, images: Images, targets: Targets
    ) -> tuple[Float[Tensor, "n d y x"], Float[Tensor, "n d"]]:
        """See `WeightedCAM`."""
        # Small differences decide what is in a group and where a range ends: half precision would make other maps.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            cut = model.until(self.block, images)
            gradients = gradients_of(model, self.block, cut=cut, targets=targets).mean(dim=(2, 3))
            scores = torch.zeros_like(gradients)
            for image, mine in by_image(targets):
                scores[mine] = self._scores(model, cut.take(image))[:, targets.cls[mine]].T
        weights = scaled_to_one(scores).exp() * scaled_to_one(gradients) - 0.5
        return cut.maps[targets.image], weights

    def _scores(self, model: CutClassifier, cut: Cut) -> Float[Tensor, "d c"]:
        """Return what every channel's group scores in one image, on and off."""
        every = torch.arange(cut.maps.shape[1], device=cut.maps.device)
        groups = (
            groups_of(channels, cut.maps[0], quantile=self.quantile) for channels in torch.split(every, self.chunk)
        )
        if self.block == "last" and isinstance(model, LinearHead):
            shares = (model.head_weight * cut.maps[0].mean(dim=(1, 2))).T
            return torch.cat([2 * (own.float() @ shares) for own in groups])
        whole = model.after(self.block, cut)
        return torch.cat([self._switched(model, cut, groups=own) for own in groups]) + whole

    def _switched(self, model: CutClassifier, cut: Cut, *, groups: Bool[Tensor, "r d"]) -> Float[Tensor, "r c"]:
        """Return the logits of each group alone, less those of all other channels."""
        kept = torch.cat([groups, ~groups])
        copies = cut.take(torch.zeros(len(kept), dtype=torch.int64, device=kept.device))
        copies.maps.mul_(kept[:, :, None, None])
        on, off = model.after(self.block, copies).chunk(2)
        return on - off


def groups_of(channels: Int64[Tensor, " r"], maps: Float[Tensor, "d y x"], *, quantile: float) -> Bool[Tensor, "r d"]:
    """Return which channels are like each of `channels`: all whose cosine with it lies above the quantile.

    Ours, where a channel has so many equals that none lies above: these are its group, so that none is empty but a dead
    channel's.
    """
    directions = functional.normalize(maps.flatten(1), dim=1)
    cosines = directions[channels] @ directions.T
    least = torch.quantile(cosines, quantile, dim=1, keepdim=True).clamp(max=1 - ROUNDING)
    return cosines > least
