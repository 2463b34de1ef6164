"""TokenAffinity: cells are related as the tokens of a frozen transformer are, such as DINOv2's."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.configurable import Configurable
from wsss.models.cuts.families import NATIVE_STRIDE, outline
from wsss.models.hidden import Hidden
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_tokens import FrozenTokens, Renormalised
from wsss.models.weights.downloads import Download
from wsss.protocols import CutClassifier
from wsss.types import Cut, Images


@dataclass(frozen=True, kw_only=True)
class TokenAffinity(Configurable):
    """The cosine of two cells' tokens in a frozen backbone, 0 where it is below `least`.

    A self-supervised transformer such as DINOv2 relates the parts of an object better than a classifier's attention
    does. Whatever carries maps along attention (CAA, AD-CAM) carries them along it instead, for any classifier, a
    convolutional one too. ECA (MM 2024) and ProxyCLIP (ECCV 2024) use such cosines with CLIP; the cut is our own.
    """

    backbone: FrozenBackbone = field(
        default_factory=lambda: FrozenBackbone(backbone="vit_small_patch14_dinov2.lvd142m", layers=1)
    )
    least: float = 0.3
    """Of the cosine, in [0, 1): what is below counts as not related."""

    def __post_init__(self) -> None:
        if not 0 <= self.least < 1:
            raise ValueError(f"least must lie in [0, 1), got {self.least}")

    def check(self) -> None:
        """Refuse with a `ModelError` a backbone or weights that are not to be had."""
        self.backbone.check()

    def downloads(self) -> tuple[Download, ...]:
        """Return the weights that are downloaded, unless a cache has them; asks no server."""
        return self.backbone.downloads()

    def beside(self, classifier: CutClassifier, *, normalisation: Normalisation) -> "RelatedClassifier":
        """Return a classifier, which wants pixels normalised so, with the backbone and its weights beside it."""
        tokens = self.backbone.empty()
        tokens.take(self.backbone.opened())
        way = Renormalised(normalisation, self.backbone.normalisation)
        return RelatedClassifier(classifier, tokens=tokens, way=way, least=self.least)

    def outlined(self, classifier: CutClassifier) -> "RelatedClassifier":
        """Return the same for looking at; it takes no memory."""
        with torch.device("meta"):
            net = deepcopy(outline(self.backbone.backbone, NATIVE_STRIDE))
            tokens = FrozenTokens(net, layers=self.backbone.layers)
        return RelatedClassifier(classifier, tokens=tokens, way=nn.Identity(), least=self.least)


@final
class RelatedClassifier(nn.Module):
    """`Related`, and a `CutClassifier` as the classifier within is; the backbone sees the same cells, resized."""

    def __init__(self, classifier: CutClassifier, *, tokens: FrozenTokens, way: nn.Module, least: float) -> None:
        super().__init__()
        assert isinstance(classifier, nn.Module), "networks are"
        self.hidden, self.tokens, self.way, self._least = Hidden(classifier), tokens, way, least

    @property
    def classifier(self) -> CutClassifier:
        """See `Related`."""
        network = self.hidden.network
        assert isinstance(network, CutClassifier), "it was given as one"
        return network

    @property
    def blocks(self) -> tuple[str, ...]:
        """See `CutClassifier`: the last block alone, whose cells are related."""
        return self.classifier.blocks[-1:]

    @property
    def stride(self) -> int:
        """See `CutClassifier`."""
        return self.classifier.stride

    def until(self, block: str, images: Images) -> Cut:
        """See `CutClassifier`."""
        return self.classifier.until(block, images)

    def after(self, block: str, cut: Cut) -> Float[Tensor, "b c"]:
        """See `CutClassifier`."""
        return self.classifier.after(block, cut)

    @torch.no_grad()
    def affinity(self, images: Images, *, grid: tuple[int, int]) -> Float[Tensor, "b z z"]:
        """See `Related`: the mean over the chosen blocks of the backbone."""
        total = torch.zeros((), device=images.device)
        for maps in self.tokens.on_grid(self.way(images), grid=grid):
            cells = functional.normalize(maps.flatten(2).float(), dim=1)
            cosine = (cells.mT @ cells).clamp(max=1)
            total = total + cosine * (cosine >= self._least) / self.tokens.count
        return total
