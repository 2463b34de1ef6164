"""The classifier's say in a segmentation: it knows better what an image shows, and the network where that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.base import Network, PlannedNetworks
from wsss.protocols import Classifies
from wsss.refine.base import BackgroundRow, Inputs, Refine, Refiner
from wsss.refine.probabilities import class_maps
from wsss.types import ScoreMaps
from wsss.views.base import pad_to_multiple, scaled


@final
@dataclass(frozen=True, kw_only=True)
class ClassifierPrior(Refiner):
    """Make maps of a segmentation network's probabilities: the classifier tells how high a class goes, they tell where.

    Each class is weighted by the classifier's probability that the image shows it, to `power`, and all probabilities
    sum to one again; then it is divided by its maximum in the image, as a CAM is, and multiplied by its weight. The
    background becomes a constant, as after `ConstantBackground`. For `predict.refine`: a network that is unsure of a
    class still finds it where the classifier is sure. A large image that is predicted in tiles is judged tile by tile.
    """

    needs: ClassVar[Mapping[str, str]] = {"classifier": "network"}
    background_row: ClassVar[BackgroundRow] = "needs"

    long_side: int = 256
    """Pixels of the longer side at which the classifier sees the image: about the size that it was trained at."""
    power: float = 0.5
    """Of the probability: less gives the classifier less of a say, zero none."""
    background: float = 0.3
    """The score that a class must exceed."""
    certain_from: float | None = None
    """For data whose images all show a class: probabilities are divided by the largest in the image, or by this number
    where that is larger. What an image shows does not shrink then where the classifier is unsure. null: not divided."""

    def __post_init__(self) -> None:
        if not (self.long_side >= 1 and self.power >= 0 and 0 <= self.background <= 1):
            raise ValueError("long_side must be at least one pixel, power not negative, and background in [0, 1]")
        if self.certain_from is not None and not 0 < self.certain_from <= 1:
            raise ValueError(f"certain_from must be a probability above 0, or null; got {self.certain_from}")

    @property
    def on_device(self) -> bool:
        """A GPU serves the network."""
        return True

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse a network that does not say what an image shows."""
        _classifier(read["classifier"].options.outline())

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Take the trained classifier."""
        trained: Network = inputs["classifier"]
        _classifier(trained.module.to(device).to(memory_format=torch.channels_last))

        def refine(images: Sequence[NDArray[np.uint8]], every: Sequence[ScoreMaps]) -> list[ScoreMaps]:
            return [
                judged(maps.to(device), self.prior(trained, image, device=device), background=self.background)
                for image, maps in zip(images, every, strict=True)
            ]

        return refine

    def prior(self, trained: Network, image: NDArray[np.uint8], *, device: torch.device) -> Float[Tensor, " c"]:
        """Return every class's probability to the power, from the mean logits of the image and its mirror image."""
        classifier = _classifier(trained.module)
        pixels = trained.normalisation(image)[None].to(device)
        small = scaled(pixels, min(1.0, self.long_side / max(pixels.shape[-2:])))
        small = pad_to_multiple(small, multiple=classifier.stride)
        with torch.no_grad():
            logits = classifier.classify(torch.cat([small, small.flip(-1)]))
        return self.weights(logits.float().mean(dim=0).sigmoid())

    def weights(self, probabilities: Float[Tensor, " c"]) -> Float[Tensor, " c"]:
        """Return how much each class counts, in [0, 1], from its probability."""
        if self.certain_from is not None:
            probabilities = probabilities / probabilities.max().clamp(min=self.certain_from)
        return torch.pow(probabilities, self.power)


def _classifier(module: nn.Module) -> Classifies:
    """Return a network as a classifier; raises `ModelError` for one that does not classify."""
    if not isinstance(module, Classifies):
        problem = f"a {type(module).__name__} does not say what an image shows"
        raise ModelError(f"reads.classifier: {problem}; let it be train_classifier or train_recam")
    return module


def judged(maps: ScoreMaps, prior: Float[Tensor, " c"], *, background: float) -> ScoreMaps:
    """Return classes as `ClassifierPrior` makes them, and the background's row constant.

    `maps` begin with the background and sum to one at every pixel; `prior` is every class's weight, in [0, 1].
    """
    weights = torch.cat([prior.new_ones(1), prior])[maps.labels][:, None, None]
    classes = class_maps(maps.scores * weights)
    rest = torch.full_like(maps.scores[:1], background)
    return replace(maps, scores=torch.cat([rest, weights[1:] * classes]))
