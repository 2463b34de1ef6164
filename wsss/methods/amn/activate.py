"""activate_maps: images and their confident labels in, AMN's maps of each image's classes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional

from wsss.data.index import Index, Record
from wsss.engine.asking import asking
from wsss.engine.batch import Batch, Compute
from wsss.engine.map import Map, by_size, check_batch_size
from wsss.engine.stage import Job
from wsss.errors import ModelError
from wsss.labels import BACKGROUND, label_of
from wsss.masks import on_grid_of
from wsss.methods.amn.network import ActivationNet
from wsss.models.base import PlannedNetworks
from wsss.store.kinds import INDEX, MASKS, NETWORK, RAW_MAPS, Kind
from wsss.training.trainer_options import Precision
from wsss.types import MAP_STRIDE, Images, ScoreMaps, Size
from wsss.views.base import check_scales, pad_to_multiple, scaled

EPSILON = 1e-5
"""Added to a map's range before dividing, as in the authors' code."""


@final
@dataclass(frozen=True, kw_only=True)
class ActivateMaps(Map):
    """Ask AMN's network at several scales, each with its mirror image, for the classes that an image shows.

    Logits are averaged, then softmax. A class's map is stretched to 0 .. 1 where the confident labels do not say
    background, and is the probability itself where they do. The authors' dropout acts here too; ours does not.
    """

    makes: ClassVar[Kind] = RAW_MAPS
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "network": NETWORK, "masks": MASKS}
    needs_images: ClassVar[bool] = True
    items_stand_alone: ClassVar[bool] = True

    scales: tuple[float, ...] = (1.0, 0.5, 1.5, 2.0)
    batch_size: int = 4
    precision: Precision = "32-true"
    """In which the network computes; logits are averaged in float32."""

    def __post_init__(self) -> None:
        check_scales(self.scales)
        check_batch_size(self.batch_size)

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse another network than AMN's."""
        network = read["network"].options.outline()
        if not isinstance(network, ActivationNet):
            raise ModelError(f"reads.network: a {type(network).__name__} is told no classes: let it be train_amn")

    def batches(self, index: Index) -> list[tuple[Record, ...]]:
        """Group images of one size, so that they can be stacked."""
        return by_size(index.union(self.splits), limit=self.batch_size)

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load the network."""
        trained, classes = job.network("network"), len(job.index().classes)
        network = trained.module.to(device)
        assert isinstance(network, ActivationNet), "check_inputs() comes first"

        def maps(batch: Batch) -> list[ScoreMaps]:
            images = trained.normalisation.of_images(batch.images, device=device).contiguous()
            present = torch.zeros(len(batch.records), classes, device=device)
            for row, record in zip(present, batch.records, strict=True):
                row[list(record.classes)] = 1
            with asking(device, precision=self.precision):
                scores = probabilities(network, images, present=present, scales=self.scales).cpu()
            masks = [torch.from_numpy(mask.astype("int64")) for mask in batch.items["masks"]]
            return [_of_image(*each) for each in zip(scores, masks, batch.records, strict=True)]

        return maps


def probabilities(
    network: ActivationNet, images: Images, *, present: Float[Tensor, "b c"], scales: Sequence[float]
) -> Float[Tensor, "b labels y x"]:
    """Return the probabilities of all labels at stride 4, from the mean of the logits over scales and mirror images."""
    grid = Size(height=images.shape[-2], width=images.shape[-1]).over(MAP_STRIDE)
    total = torch.zeros((), device=images.device)
    for scale in scales:
        view = scaled(images, scale)
        whole = pad_to_multiple(view, multiple=network.stride)
        logits = network(whole, present).float() + network(whole.flip(-1), present).float().flip(-1)
        fine = functional.interpolate(
            logits, scale_factor=network.stride / MAP_STRIDE, mode="bilinear", align_corners=False
        )
        height, width = Size(height=view.shape[-2], width=view.shape[-1]).over(MAP_STRIDE)
        cropped = fine[..., :height, :width]
        total = total + functional.interpolate(cropped, size=grid, mode="bilinear", align_corners=False) / 2
    return (total / len(scales)).softmax(dim=1)


def stretched(scores: Float[Tensor, "n y x"], labels: Int64[Tensor, "y x"]) -> Float[Tensor, "n y x"]:
    """Return maps from 0 to 1 over their own range, but as they are where labels say background."""
    low, high = scores.amin(dim=(1, 2), keepdim=True), scores.amax(dim=(1, 2), keepdim=True)
    return torch.where(labels == BACKGROUND, scores, (scores - low) / (high - low + EPSILON))


def _of_image(scores: Float[Tensor, "labels y x"], mask: Int64[Tensor, "h w"], record: Record) -> ScoreMaps:
    labels = torch.tensor([label_of(cls) for cls in record.classes], dtype=torch.int64)
    coarse = on_grid_of(scores[None], mask[None])[0]
    return ScoreMaps(labels=labels, scores=stretched(scores[labels], coarse), size=record.size)
