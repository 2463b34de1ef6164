"""A small decoder on the tokens of frozen transformers, in the shape of WeCLIP (Zhang et al., CVPR 2024).

With several backbones it is WeCLIP+ (Zhang et al., TPAMI 2025): each has layers of its own that bring its tokens
together, all share one decoder, and their logits are averaged.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.frozen_tokens import FrozenTokens, Renormalised, resized
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.types import Images

Maps = Float[Tensor, "b _ y x"]
EXPANSION: Final = 4
"""How much wider the inner layer of a block's MLP is."""


def quick_gelu(values: Tensor) -> Tensor:
    """Return CLIP's approximation of GELU, x * sigmoid(1.702 x)."""
    return values * torch.sigmoid(1.702 * values)


class FrozenEncoder(nn.Module):
    """Backbones that see the same cells: all but the first are given images resized to as many patches."""

    def __init__(self, backbones: Sequence[FrozenTokens], *, normalisations: Sequence[Normalisation]) -> None:
        super().__init__()
        self.backbones = nn.ModuleList(backbones)
        self.ways = nn.ModuleList(Renormalised(normalisations[0], own) for own in normalisations)

    @property
    def output_stride(self) -> int:
        """Input pixels a cell, for the first backbone."""
        return self.parts[0].stride

    @property
    def parts(self) -> list[FrozenTokens]:
        """The backbones."""
        return list(self.backbones)  # type: ignore[arg-type]  # torch knows them as modules only

    def forward(self, images: Images) -> list[tuple[Maps, ...]]:
        """Return the tokens of each backbone's blocks on the same grid; sides are whole patches of the first."""
        grid = (images.shape[-2] // self.output_stride, images.shape[-1] // self.output_stride)
        pairs = zip(self.parts, self.ways, strict=True)
        return [backbone.on_grid(way(images), grid=grid) for backbone, way in pairs]


class Fuse(nn.Module):
    """Brings the tokens of all blocks together: two layers for each block, then one over all of them."""

    def __init__(self, channels: int, *, count: int, width: int, dropout: float) -> None:
        super().__init__()
        self.each = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1)) for _ in range(count)
        )
        self.all = nn.Conv2d(count * width, width, 1)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, tokens: Sequence[Maps]) -> Maps:
        """Return one map of features."""
        parts = [layers(maps) for layers, maps in zip(self.each, tokens, strict=True)]
        features: Tensor = self.dropout(self.all(torch.cat(parts, dim=1)))
        return features


class Decoder(nn.Module):
    """Transformer blocks over the cells, and a layer that gives labels."""

    def __init__(self, labels: int, *, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                heads,
                dim_feedforward=EXPANSION * width,
                dropout=0.0,
                activation=quick_gelu,
                batch_first=True,
                norm_first=True,
            )
            for _ in range(layers)
        )
        self.head = nn.Conv2d(width, labels, 1)

    def forward(self, features: Maps) -> Float[Tensor, "b labels y x"]:
        """Return the logits of every label at every cell."""
        cells = features.flatten(2).mT
        for block in self.blocks:
            cells = block(cells)
        logits: Tensor = self.head(cells.mT.reshape(features.shape))
        return logits


class Told(NamedTuple):
    """What the decoder makes of images."""

    features: Maps
    """Of the cells, those of all backbones side by side."""
    answers: tuple[Float[Tensor, "b labels y x"], ...]
    """The logits of every label at every cell, for each backbone."""


class FrozenViT(nn.Module):
    """Images of whole patches in, logits of every pixel out."""

    def __init__(
        self, encoder: FrozenEncoder, labels: int, *, width: int, layers: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.fuse = nn.ModuleList(
            Fuse(each.channels, count=each.count, width=width, dropout=dropout) for each in encoder.parts
        )
        self.decoder = Decoder(labels, width=width, layers=layers, heads=heads)

    def forward(self, images: Images) -> Float[Tensor, "b labels h w"]:
        """Return the mean over backbones of the logits of every label at every pixel."""
        size = (images.shape[-2], images.shape[-1])
        return torch.stack([resized(each, size) for each in self.told(images).answers]).mean(dim=0)

    def told(self, images: Images) -> Told:
        """Return the features of the cells, and the logits of each backbone at every cell."""
        features = [fuse(tokens) for fuse, tokens in zip(self.fuse, self.encoder(images), strict=True)]
        return Told(features=torch.cat(features, dim=1), answers=tuple(self.decoder(each) for each in features))


class FrozenSegmenter(SegmentationNetwork):
    """`Segments` with such a network; every backbone's own answer learns from the masks."""

    def learnt(self, images: Images) -> tuple[Float[Tensor, "b labels h w"], ...]:
        """See `SegmentationNetwork`."""
        size = (images.shape[-2], images.shape[-1])
        return tuple(self.on_pixels(each, size=size) for each in self.told(images).answers)

    def told(self, images: Images) -> Told:
        """Return the features of the cells, and the logits of every backbone at every cell."""
        return self._vit.told(self.padded(images))

    def on_pixels(
        self, answer: Float[Tensor, "b labels y x"], *, size: tuple[int, int]
    ) -> Float[Tensor, "b labels h w"]:
        """Return logits of cells as those of the pixels of images of a size."""
        height, width = (cells * self._vit.encoder.output_stride for cells in answer.shape[-2:])
        return resized(answer, (height, width))[..., : size[0], : size[1]]

    @property
    def _vit(self) -> FrozenViT:
        network = self.network
        assert isinstance(network, FrozenViT), "its options make no other"
        return network

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """None: nothing that came with weights learns."""
        return iter(())
