"""The training of AffinityNet and of IRNet's edges: which pairs of cells belong together, by confident labels."""

from collections.abc import Iterable
from typing import final

import torch
from jaxtyping import Float, Int64
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from wsss.labels import BACKGROUND, IGNORE
from wsss.methods.affinity.networks import PairNetwork
from wsss.methods.affinity.options import AffinityFit
from wsss.methods.affinity.pairs import Surrounded, offsets
from wsss.training.module import KeyedModule, over_all_ranks, process_count

EPSILON = 1e-5
"""Added before the logarithm, as in the authors' code of both methods."""


@final
class AffinityModule(KeyedModule):
    """Fits a pair network to the labels of cells; those of 255 have no say. It sees no true mask."""

    def __init__(self, *, network: PairNetwork, fit: AffinityFit, random_seed: int) -> None:
        super().__init__(fit=fit, random_seed=random_seed)
        self.network: PairNetwork = network.to(memory_format=torch.channels_last)
        self._radius = fit.radius

    def train(self, mode: bool = True) -> "AffinityModule":  # noqa: FBT001, FBT002 - torch's signature
        """Switch to training, with batch norm's statistics left as they are unless they are to learn."""
        super().train(mode)
        self.hold_batch_norm(self.network)
        return self

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the loss over the pairs of the global batch."""
        images, labels = batch
        seen = images.contiguous(memory_format=torch.channels_last)
        affinities = self.compiled(self.network.affinities)(seen, radius=self._radius)
        parts = pair_losses(affinities, labels_of_cells(labels, stride=self.network.stride), radius=self._radius)
        loss = (parts * parts.new_tensor([1 / 4, 1 / 4, 1 / 2])).sum()
        for name, part in zip(("background", "foreground", "different"), parts.detach(), strict=True):
            self.log(f"train/{name}", part)
        self.log("train/loss", loss.detach())
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """See Lightning."""
        return self.sgd(backbone=self.network.backbone_parameters(), head=self.network.new_parameters())


def labels_of_cells(labels: Int64[Tensor, "b h w"], *, stride: int) -> Int64[Tensor, "b y x"]:
    """Return the label at the middle of every cell; the label nearest to it where the image ends before.

    PSA averages scores over a cell before it decides; these labels are decided at full resolution already.
    """
    half = stride // 2
    rows, columns = (torch.arange(half, side + half, stride).clamp(max=side - 1) for side in labels.shape[-2:])
    return labels[:, rows][:, :, columns]


def pair_losses(
    affinities: Iterable[Float[Tensor, "b y x"]], labels: Int64[Tensor, "b y x"], *, radius: int
) -> Float[Tensor, "3"]:
    """Return the mean losses of pairs within the background, of pairs within one class, and of pairs that differ.

    -log(a + 1e-5) for pairs that belong together and -log(1 + 1e-5 - a) for the others, each averaged over its own
    pairs of all ranks; zero where there are none. PSA and IRN weigh them 1/4, 1/4 and 1/2. `affinities` are in the
    order of `offsets`; pairs with a cell of 255 do not count.
    """
    seen = Surrounded(labels, radius=radius, fill=IGNORE)
    sums, counts = [], []
    for affinity, offset in zip(affinities, offsets(radius), strict=True):
        other = seen.at(offset)
        known = (labels != IGNORE) & (other != IGNORE)
        same = known & (labels == other)
        groups = torch.stack([same & (labels == BACKGROUND), same & (labels != BACKGROUND), known & (labels != other)])
        together, apart = -(affinity + EPSILON).log(), -(1 + EPSILON - affinity).log()
        each = torch.stack([together, together, apart])
        sums.append((each * groups).sum(dim=(1, 2, 3)))
        counts.append(groups.sum(dim=(1, 2, 3)))
    # DDP averages gradients over the ranks, hence the factor.
    return torch.stack(sums).sum(dim=0) * process_count() / over_all_ranks(torch.stack(counts).sum(dim=0)).clamp(min=1)
