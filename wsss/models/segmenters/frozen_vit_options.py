"""FrozenViTOptions: a segmentation network of which the decoder alone learns, and is stored."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import nn

from wsss.errors import ModelError
from wsss.labels import label_count
from wsss.models.cuts.chain import position_of
from wsss.models.cuts.families import NATIVE_STRIDE, blocks_of, outline
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_tokens import FrozenTokens
from wsss.models.segmenters.frozen_vit import FrozenEncoder, FrozenSegmenter, FrozenViT
from wsss.models.segmenters.segmentation_options import SegmentationOptions
from wsss.models.weights.downloads import Download
from wsss.models.weights.towers import tower_file


@dataclass(frozen=True, kw_only=True)
class FrozenViTOptions(SegmentationOptions):
    """Which frozen backbones, by any names, and how wide and deep a decoder on them.

    A run stores the decoder, and a digest of each backbone's weights. Whoever opens it gets the backbones from where
    the options have them: timm's cache or download, or a file; another file is refused by its digest.
    """

    backbones: dict[str, FrozenBackbone]
    """Pixels enter as the first one wants them, and its patches are the cells."""
    width: int = 256
    """Channels of the decoder."""
    layers: int = 3
    """Its transformer blocks."""
    heads: int = 8
    dropout: float = 0.1
    """Share of the channels that the decoder goes without in a training step."""

    def __post_init__(self) -> None:
        if not self.backbones:
            raise ValueError("backbones: one is needed")
        if self.layers < 1 or self.heads < 1 or self.width < 1 or self.width % self.heads:
            raise ValueError(
                f"layers, heads and width must be at least 1, and heads divide width; "
                f"got {self.layers}, {self.heads} and {self.width}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {self.dropout}")

    def __hash__(self) -> int:
        return hash((*self.backbones.items(), self.width, self.layers, self.heads, self.dropout))

    def check(self) -> None:
        """Refuse with a `ModelError` a backbone that cannot be had; takes about a second."""
        for backbone in self.backbones.values():
            backbone.check()

    def downloads(self) -> tuple[Download, ...]:
        """See `NetworkOptions`."""
        return tuple(download for backbone in self.backbones.values() for download in backbone.downloads())

    @property
    def normalisation(self) -> Normalisation:
        """See `NetworkOptions`."""
        return next(iter(self.backbones.values())).normalisation

    def build(self, classes: tuple[str, ...], *, classifier: nn.Module | None = None) -> FrozenSegmenter:
        """See `SegmentationOptions`: no classifier has a part in it."""
        del classifier
        network = self.skeleton(classes)
        for backbone, tokens in self._pairs(network):
            tokens.take(backbone.opened())
            tokens.mark()
        return network

    def skeleton(self, classes: tuple[str, ...]) -> FrozenSegmenter:
        """See `NetworkOptions`."""
        return self._of(lambda backbone: backbone.empty(), labels=label_count(classes))

    def complete(self, network: nn.Module) -> None:
        """See `NetworkOptions`: open the backbones, and refuse others than those of the training."""
        self._refuse_missing()
        for backbone, tokens in self._pairs(network):
            tokens.take(backbone.opened())
            tokens.check_mark(name=f"backbone {backbone.backbone}, weights {backbone.weights!r}")

    def files(self) -> dict[str, Path]:
        """See `NetworkOptions`: weights of backbones that lie in files."""
        found = {name: tower_file(backbone.weights) for name, backbone in self.backbones.items()}
        return {name: file for name, file in found.items() if file is not None}

    def with_files(self, files: Mapping[str, Path]) -> "FrozenViTOptions":
        """See `NetworkOptions`."""
        moved = {name: str(files[name]) for name in self.files() if name in files}
        changed = {name: replace(self.backbones[name], weights=weights) for name, weights in moved.items()}
        return replace(self, backbones=self.backbones | changed)

    def outline(self) -> FrozenSegmenter:
        """See `NetworkOptions`."""
        return _outline(self)

    def frozen_paths(self, block: str) -> tuple[str, ...]:
        """See `SegmentationOptions`: all of the encoder is frozen, and has no parameters that could be."""
        first = next(iter(self.backbones.values()))
        position_of(block, among=list(blocks_of(outline(first.backbone, NATIVE_STRIDE))))
        return ()

    def _of(self, make: Callable[[FrozenBackbone], FrozenTokens], *, labels: int) -> FrozenSegmenter:
        encoder = FrozenEncoder(
            [make(backbone) for backbone in self.backbones.values()],
            normalisations=[backbone.normalisation for backbone in self.backbones.values()],
        )
        network = FrozenViT(
            encoder, labels, width=self.width, layers=self.layers, heads=self.heads, dropout=self.dropout
        )
        return FrozenSegmenter(network)

    def _refuse_missing(self) -> None:
        for name, file in self.files().items():
            if not file.is_file():
                raise ModelError(
                    f"backbone {name!r}: its weights are no longer at {file}: put them back, or run the command of the "
                    "run again with their new path in that one's place: nothing is trained anew"
                )

    def _pairs(self, network: nn.Module) -> list[tuple[FrozenBackbone, FrozenTokens]]:
        found = [part for part in network.modules() if isinstance(part, FrozenTokens)]
        return list(zip(self.backbones.values(), found, strict=True))


@cache
def _outline(options: FrozenViTOptions) -> FrozenSegmenter:
    with torch.device("meta"):
        return options._of(
            lambda each: FrozenTokens(deepcopy(outline(each.backbone, NATIVE_STRIDE)), layers=each.layers), labels=1
        )
