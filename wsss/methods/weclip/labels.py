"""Labels that are made as the network learns: CLIP-ES's maps of an image's classes, and what refines them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss.cams.base import by_image, scaled_to_one
from wsss.cams.caa import CAA
from wsss.labels import label_of
from wsss.methods.weclip.cells import Pairs, refined_attention
from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.normalisation import Normalisation
from wsss.refine.base import Refiner
from wsss.types import MAP_STRIDE, Images, RawMaps, ScoreMaps, Size, Targets


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What the decoder says of the cells of images, without a gradient."""

    affinity: Pairs
    shares: Float[Tensor, "b labels y x"] | None = None
    """Of every label in each cell, where maps are multiplied by them (WeCLIP+)."""


@dataclass(frozen=True, kw_only=True)
class OnlineLabels:
    """Makes a label for every pixel of images whose classes are known; it sees no mask."""

    network: PromptedClassifier
    normalisation: Normalisation
    """How the images that it is given were normalised, which is also how the network wants them."""
    cam: CAA
    refine: Mapping[str, Refiner]
    blocks: int
    """How many of CLIP's last blocks the decoder's affinity chooses from."""

    @torch.no_grad()
    def __call__(
        self, images: Images, present: Float[Tensor, "b c"], *, decoded: Decoded | None
    ) -> Int64[Tensor, "b h w"]:
        """Return the labels; without what is decoded maps are carried along CLIP's attention alone."""
        targets = Targets.of([row.nonzero()[:, 0].tolist() for row in present.bool()], device=images.device)
        maps = scaled_to_one(self._maps(images, targets, decoded=decoded))
        size = Size(height=images.shape[-2], width=images.shape[-1])
        grid = size.over(MAP_STRIDE)
        fine = functional.interpolate(maps[:, None], size=grid, mode="bilinear", align_corners=False)[:, 0]
        every = []
        for image in range(len(images)):
            mine = (targets.image == image).nonzero()[:, 0]
            labels = torch.tensor([label_of(cls) for cls in targets.cls[mine].tolist()], dtype=torch.int64)
            every.append(ScoreMaps(labels=labels.to(images.device), scores=fine[mine], size=size))
        pixels = [self._pixels(image) for image in images]
        for refiner in self.refine.values():
            place = images.device if refiner.on_device else torch.device("cpu")
            every = refiner.open({}, place)(pixels, [each.to(place) for each in every])
        return torch.stack([_strongest(each.to(images.device)) for each in every])

    def _maps(self, images: Images, targets: Targets, *, decoded: Decoded | None) -> RawMaps:
        if decoded is None:
            return self.cam(self.network, images, targets)
        maps = self.cam.base_at_block(self.network, images, targets).relu()
        if decoded.shares is not None:
            maps = maps * decoded.shares[:, label_of(0) :][targets.image, targets.cls]
        attentions = list(self.network.attentions(images, blocks=self.network.attending[-self.blocks :]))
        carrying = refined_attention(attentions, decoded.affinity)
        for image, mine in by_image(targets):
            maps[mine] = self.cam.carried(maps[mine], carrying[image[0]], image=images[image[0]])
        return maps

    def _pixels(self, image: Float[Tensor, "3 h w"]) -> NDArray[np.uint8]:
        """Return the pixels of a normalised image."""
        mean, std = (torch.tensor(each, device=image.device)[:, None, None] for each in self._colours)
        values = ((image * std + mean) * 255).round().clamp(0, 255)
        pixels: NDArray[np.uint8] = values.to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return pixels

    @property
    def _colours(self) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        return self.normalisation.mean, self.normalisation.std


def _strongest(maps: ScoreMaps) -> Int64[Tensor, "h w"]:
    full = maps.full()
    return full.labels[full.scores.argmax(dim=0)]
