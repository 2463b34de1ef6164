"""Random walks (PSA, IRN): maps spread to neighbours that belong to the same thing, as a trained network sees it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.methods.affinity.networks import AffinityNet, EdgeNet, PairNetwork
from wsss.methods.affinity.pairs import edge_affinities, feature_affinities
from wsss.methods.affinity.transition import Transition
from wsss.models.base import Network, PlannedNetworks
from wsss.models.normalisation import Normalisation
from wsss.refine.base import Inputs, Refine, Refiner
from wsss.resample import resample
from wsss.types import MAP_STRIDE, Images, ScoreMaps

N = TypeVar("N", bound=PairNetwork)


@dataclass(frozen=True, kw_only=True)
class Walk(Refiner):
    """Many steps in which every cell becomes a weighted mean of its neighbours and itself; maps return at stride 4."""

    radius: int = 5
    """Cells exchange with those that are nearer than this."""
    beta: float = 10.0
    """Affinities are raised to this power: weak ones count for less."""
    steps: int = 256

    def __post_init__(self) -> None:
        if not (self.radius >= 2 and self.beta > 0 and self.steps >= 0):
            raise ValueError("radius must be at least 2 cells, beta positive, and steps not negative")

    @property
    def on_device(self) -> bool:
        """A GPU serves the network and the walk."""
        return True

    def walked(
        self, scores: Float[Tensor, "m y x"], affinities: Iterable[Float[Tensor, "1 y x"]]
    ) -> Float[Tensor, "m y x"]:
        """Return the scores after the walk; `affinities` are those of `radius`."""
        own = (affinity[0] for affinity in affinities)
        return Transition.of(own, radius=self.radius, beta=self.beta).walk(scores, steps=self.steps)


@final
@dataclass(frozen=True, kw_only=True)
class IRNWalk(Walk):
    """IRN's walk (Ahn et al., CVPR 2019) on cells of 4 pixels: scores do not cross edges, nor start on them.

    Scores are multiplied by 1 - edge, walk, and are divided by the largest of all labels. A constant background follows
    (0.25 in IRN). IRN divides after upsampling; here it is before, at stride 4.
    """

    needs: ClassVar[Mapping[str, str]] = {"edges": "network"}

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse another network than that of `train_irn`."""
        _as(EdgeNet, read["edges"].options.outline())

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Take what `train_irn` made."""
        trained: Network = inputs["edges"]
        network = _as(EdgeNet, trained.module).to(device).to(memory_format=torch.channels_last)
        return _for_each(
            lambda image, maps: self.apply(maps, edges=network.edges(image)), trained.normalisation, device
        )

    def apply(self, maps: ScoreMaps, *, edges: Float[Tensor, "1 y x"]) -> ScoreMaps:
        """Let the maps of an image walk; `edges` are probabilities at stride 4."""
        scores = on_cells(maps, stride=EdgeNet.stride) * (1 - edges)
        walked = self.walked(scores, edge_affinities(edges, radius=self.radius))
        return replace(maps, scores=walked / walked.max().clamp(min=torch.finfo(walked.dtype).tiny))


@final
@dataclass(frozen=True, kw_only=True)
class PSAWalk(Walk):
    """PSA's walk (Ahn and Kwak, CVPR 2018) on cells of 8 pixels: scores spread to where features are alike.

    `PowerBackground` goes before it (exponent 16 in PSA), since the background walks as the classes do.
    """

    needs: ClassVar[Mapping[str, str]] = {"affinities": "network"}

    beta: float = 8.0

    def check_inputs(self, read: PlannedNetworks) -> None:
        """Refuse another network than that of `train_affinity`."""
        _as(AffinityNet, read["affinities"].options.outline())

    def open(self, inputs: Inputs, device: torch.device) -> Refine:
        """Take what `train_affinity` made."""
        trained: Network = inputs["affinities"]
        network = _as(AffinityNet, trained.module).to(device).to(memory_format=torch.channels_last)
        normalise = trained.normalisation
        return _for_each(lambda image, maps: self.apply(maps, features=network(image)), normalise, device)

    def apply(self, maps: ScoreMaps, *, features: Float[Tensor, "1 d y x"]) -> ScoreMaps:
        """Let the maps of an image walk; `features` are at stride 8."""
        scores = on_cells(maps, stride=AffinityNet.stride)
        walked = self.walked(scores, feature_affinities(features, radius=self.radius))
        factor = AffinityNet.stride / MAP_STRIDE
        fine = resample(walked, stride=(factor, factor), size=maps.size.over(MAP_STRIDE))
        return replace(maps, scores=fine.clamp(0, 1))


def _as(kind: type[N], module: nn.Module) -> N:
    """Return a network as one of a kind; raises `ModelError` for another one."""
    if not isinstance(module, kind):
        raise ModelError(f"the walk needs a trained {kind.__name__}, and reads a {type(module).__name__}")
    return module


def on_cells(maps: ScoreMaps, *, stride: int) -> Float[Tensor, "m y x"]:
    """Return the mean scores of cells of `stride` pixels, a multiple of 4; cells at the border are cut off there."""
    scale = stride if tuple(maps.scores.shape[-2:]) == maps.size.over(1) else stride // MAP_STRIDE
    if scale == 1:
        return maps.scores
    return functional.avg_pool2d(maps.scores[:, None], scale, ceil_mode=True, count_include_pad=False)[:, 0]


def _for_each(
    apply: Callable[[Images, ScoreMaps], ScoreMaps], normalisation: Normalisation, device: torch.device
) -> Refine:
    """Return what refines image by image, on a device; an image without labels has nothing that could walk."""

    def one(image: NDArray[np.uint8], maps: ScoreMaps) -> ScoreMaps:
        if image.shape[:2] != maps.size.over(1):
            raise ValueError(f"an image of {image.shape[:2]} does not belong to maps of {maps.size}")
        if not len(maps.labels):
            return maps.to(device)
        with torch.no_grad():
            return apply(normalisation(image)[None].to(device), maps.to(device))

    return lambda images, every: [one(image, maps) for image, maps in zip(images, every, strict=True)]
