"""FrozenBackbone: which transformer of timm a frozen segmenter sees through, and where its weights come from."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from wsss.configurable import Configurable
from wsss.models.cuts.families import NATIVE_STRIDE, blocks_of, check_name, create_backbone, outline
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.frozen_tokens import FrozenTokens, Layers, chosen_blocks
from wsss.models.weights.downloads import Download
from wsss.models.weights.initial import PRETRAINED, download, load_backbone, normalisation_of
from wsss.models.weights.published import download_of
from wsss.models.weights.towers import check_tower, read_tower, tower_file


@dataclass(frozen=True, kw_only=True)
class FrozenBackbone(Configurable):
    """A transformer whose weights are those of its maker, today and later: runs do not store them.

    `weights` is `pretrained` (timm's download, kept in its cache), a file (timm's, OpenAI's or open_clip's names), or
    `none`: random ones, always the same, which only try the steps out.
    """

    backbone: str = "vit_base_patch16_clip_quickgelu_224.openai"
    weights: str = PRETRAINED
    layers: Layers = "all"
    """The tokens of how many blocks are seen, counted from the last."""

    def __post_init__(self) -> None:
        if self.layers != "all" and self.layers < 1:
            raise ValueError(f"layers must be at least 1, or all; got {self.layers}")

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Weights that lie in a file count by their bytes."""
        file = tower_file(self.weights)
        return {} if file is None else {"weights": (file,)}

    def check(self) -> None:
        """Refuse with a `ModelError` a name, weights or a number of blocks that are not to be had."""
        check_name(self.backbone)
        chosen_blocks(blocks_of(outline(self.backbone, NATIVE_STRIDE)), layers=self.layers)
        check_tower(self.weights, backbone=self.backbone)

    @property
    def normalisation(self) -> Normalisation:
        """How pixels must be normalised for it."""
        return normalisation_of(self.weights, backbone=self.backbone)

    def downloads(self) -> tuple[Download, ...]:
        """Return what timm downloads, unless its cache has it."""
        net = outline(self.backbone, NATIVE_STRIDE)
        return (download_of(self.backbone, net),) if self.weights == PRETRAINED else ()

    def empty(self) -> FrozenTokens:
        """Return the backbone without its weights, for `opened` to fill."""
        check_name(self.backbone)
        return FrozenTokens(self._net(pretrained=False), layers=self.layers)

    def opened(self) -> nn.Module:
        """Return the backbone's network with its weights; raises `ModelError` where they cannot be had."""
        check_name(self.backbone)
        with download(self.backbone, wanted=self.weights == PRETRAINED, word=PRETRAINED) as pretrained:
            net = self._net(pretrained=pretrained)
        file = tower_file(self.weights)
        if file is not None:
            load_backbone(net, read_tower(file, net=net), origin=f"weights {self.weights!r} for {self.backbone}")
        return net

    def _net(self, *, pretrained: bool) -> nn.Module:
        stride = blocks_of(outline(self.backbone, NATIVE_STRIDE))["last"].stride
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # of weights=none
            return create_backbone(self.backbone, output_stride=stride, pretrained=pretrained)
