"""The classifier of a run as debugging asks it: probabilities, cells and maps of images, one size at a time."""

from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor
from torch.nn import functional

from wsss.apps.explain.maps import maps_of
from wsss.cams.base import CAMMethod
from wsss.cams.scores import classify
from wsss.draw.panels import shrunk
from wsss.models.normalisation import Normalisation
from wsss.protocols import Classifies, CutClassifier

CHUNK = 8
"""Images of one size at a time. Memory grows with it, results do not change."""

Picture = UInt8[np.ndarray, "h w 3"]
Labels = UInt8[np.ndarray, "mask_h mask_w"]


class Answer(NamedTuple):
    """What the network says of an image."""

    probabilities: Float[np.ndarray, " c"]
    cells: Float[np.ndarray, "d y x"]
    """Its last maps."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DebugNetwork:
    """A classifier, and the method and the network that its maps come from."""

    classifier: Classifies
    maps: CutClassifier
    cam: CAMMethod
    normalisation: Normalisation
    device: torch.device
    side: int
    """Images with a longer side are shrunk to it before the network sees them."""

    def seen(self, image: Picture) -> Float[Tensor, "3 y x"]:
        """Return an image as the network sees it."""
        return self.normalisation(shrunk(image, side=self.side)).to(self.device)

    def shown(self, seen: Float[Tensor, "3 y x"]) -> Picture:
        """Return what the network sees as a picture."""
        mean, std = (torch.tensor(each)[:, None, None] for each in (self.normalisation.mean, self.normalisation.std))
        picture = (seen.cpu() * std + mean).clamp(0, 1).permute(1, 2, 0)
        return (picture * 255).round().to(torch.uint8).numpy()

    def answer(self, seen: Float[Tensor, "3 y x"]) -> Answer:
        """Ask for an image's probabilities and its cells in one pass."""
        last = self.classifier.blocks[-1]
        with torch.no_grad():
            cut = self.classifier.until(last, seen[None])
            logits = self.classifier.after(last, cut)
        return Answer(probabilities=logits[0].float().sigmoid().cpu().numpy(), cells=cut.maps[0].float().cpu().numpy())

    def probabilities(self, images: Float[Tensor, "b 3 y x"], *, cls: int) -> list[float]:
        """Return the probability of a class on each of the images."""
        with torch.no_grad():
            parts = [classify(self.classifier, part)[:, cls].float().sigmoid() for part in torch.split(images, CHUNK)]
        said: list[float] = torch.cat(parts).cpu().tolist()
        return said

    def heat(self, seen: Float[Tensor, "3 y x"], cls: int) -> Float[Tensor, "y x"]:
        """Return the map of a class in [0, 1], at the size of what is seen."""
        return maps_of(self.cam, self.maps, images=seen[None], classes=[(cls,)])[0].cpu()


def at(labels: Labels, *, height: int, width: int) -> UInt8[np.ndarray, "y x"]:
    """Return a mask at another size, by the nearest pixel."""
    return np.asarray(Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST))


def touched(region: Bool[Tensor, "h w"], *, grid: tuple[int, int]) -> Bool[np.ndarray, "y x"]:
    """Tell which cells of a grid over an image a region touches."""
    return (functional.adaptive_max_pool2d(region[None].float(), grid)[0] > 0).numpy()


def enlarged(cells: Bool[np.ndarray, "y x"], *, size: tuple[int, int]) -> Bool[Tensor, "h w"]:
    """Return the region of some cells of a grid over an image."""
    return functional.interpolate(torch.from_numpy(cells)[None, None].float(), size=size, mode="nearest")[0, 0] > 0
