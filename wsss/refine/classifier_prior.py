"""The classifier's say in a segmentation: what it does not see in the image as a whole is unlikely at every pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from wsss.models.classifier import Classifier, GAPClassifier
from wsss.models.weights import WEIGHTS, fill, read_weights
from wsss.refine.base import Refine, Refiner
from wsss.types import ScoreMaps
from wsss.views import pad_to_multiple, scaled


@final
@dataclass(frozen=True, kw_only=True)
class ClassifierPrior(Refiner):
    """Multiply each class's scores by the classifier's probability that the image shows it; scores again sum to one.

    For the probabilities of a segmentation network (`predict.refine`), which see less of the image than the classifier
    does. A large image that is predicted in tiles is judged tile by tile.
    """

    needs: ClassVar[tuple[str, ...]] = ("classifier",)

    classifier: Classifier = field(default_factory=Classifier)
    long_side: int = 256
    """Pixels of the longer side at which the classifier sees the image: about the size that it was trained at."""
    power: float = 1.0
    """Of the probability: less than one gives the classifier less of a say, zero none."""

    def __post_init__(self) -> None:
        if not (self.long_side >= 1 and self.power >= 0):
            raise ValueError("long_side must be at least one pixel, and power not negative")

    @property
    def on_device(self) -> bool:
        """A GPU serves the network."""
        return True

    def open(self, inputs: Mapping[str, Path], device: torch.device) -> Refine:
        """Load what `train_classifier` made."""
        weights = read_weights(inputs["classifier"] / WEIGHTS)
        network = self.classifier.skeleton(len(weights["head.weight"]))
        remedy = f"delete the folder {inputs['classifier'].parent} and run again"
        fill(network, weights, origin=str(inputs["classifier"] / WEIGHTS), remedy=remedy)
        network = network.eval().to(device).to(memory_format=torch.channels_last)

        def refine(images: Sequence[NDArray[np.uint8]], every: Sequence[ScoreMaps]) -> list[ScoreMaps]:
            return [
                weighted(maps.to(device), self.prior(network, image, device=device))
                for image, maps in zip(images, every, strict=True)
            ]

        return refine

    def prior(self, network: GAPClassifier, image: NDArray[np.uint8], *, device: torch.device) -> Float[Tensor, " c"]:
        """Return every class's probability to the power, from the mean logits of the image and its mirror image."""
        pixels = self.classifier.normalisation(image)[None].to(device)
        small = scaled(pixels, min(1.0, self.long_side / max(pixels.shape[-2:])))
        small = pad_to_multiple(small, multiple=network.stride)
        with torch.no_grad():
            logits = network(torch.cat([small, small.flip(-1)]))
        return torch.pow(logits.float().mean(dim=0).sigmoid(), self.power)


def weighted(maps: ScoreMaps, prior: Float[Tensor, " c"]) -> ScoreMaps:
    """Return scores times the prior of their class, the background's times one, divided by their sum at every pixel."""
    weights = torch.cat([prior.new_ones(1), prior])[maps.labels]
    scores = maps.scores * weights[:, None, None]
    return replace(maps, scores=scores / scores.sum(dim=0).clamp(min=torch.finfo(scores.dtype).tiny))
