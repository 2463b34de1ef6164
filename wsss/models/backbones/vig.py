"""ViG (Han et al., NeurIPS 2022): patches are the vertices of a graph that every block draws anew. The isotropic one.

Names of tensors are those of the authors' checkpoints, so these can be given as `weights`; their classifier, which is
not linear, is left out. Departs from their code in that images may have any size: position embeddings are interpolated,
and graphs have no more neighbours than there are vertices.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from jaxtyping import Float, Int64
from timm.models import generate_default_cfgs, get_pretrained_cfg, register_model
from torch import Tensor, nn
from torch.nn import functional

from wsss.models.cuts.chain import Chain, Paths
from wsss.protocols import Edges
from wsss.types import Cut, Images

GRID: Final = 14
"""Rows and columns of vertices in an image of 224 pixels, for which there are position embeddings."""
GROUPS: Final = 4
"""Of the convolution that mixes a vertex with its neighbours."""

Maps = Float[Tensor, "b d y x"]
Vertices = Float[Tensor, "b d z"]
"""The features of vertices, counted row by row."""


class ViG(nn.Module):
    """A stem of stride 16, and blocks of a `Grapher` and an `FFN` that keep the resolution."""

    default_cfg: Mapping[str, Any]
    """What timm knows of its networks: their name, and how pixels are normalised."""

    def __init__(self, *, width: int, depth: int, neighbours: int = 9) -> None:
        super().__init__()
        # Rounding decides where a block gets one more, so this is the authors' function; it has no values on `meta`.
        counts = [int(k) for k in torch.linspace(neighbours, 2 * neighbours, depth, device="cpu").tolist()]
        self.stem = nn.ModuleDict({"convs": _stem(width)})
        self.pos_embed = nn.Parameter(torch.zeros(1, width, GRID, GRID))
        self.backbone = nn.Sequential(
            *(
                nn.Sequential(Grapher(width, neighbours=k, dilation=i // 4 + 1, most=counts[-1]), FFN(width))
                for i, k in enumerate(counts)
            )
        )
        self.prediction = nn.Identity()
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all have one

    def forward_features(self, images: Images) -> Maps:
        """Return the maps of the last block."""
        maps: Tensor = self.backbone(self.embed(images))
        return maps

    def embed(self, images: Images) -> Maps:
        """Return the vertices with their positions, interpolated as timm does it where there are more or fewer."""
        maps: Tensor = self.stem["convs"](images)
        if maps.shape[2:] == (GRID, GRID):
            return maps + self.pos_embed
        return maps + functional.interpolate(self.pos_embed, size=maps.shape[2:], mode="bicubic", antialias=True)

    def chain(self) -> Chain:
        """See `wsss.models.cuts.chain.Chained`."""
        return Chain(
            stem=("stem.convs",),
            stages=tuple((f"backbone.{i}",) for i in range(len(self.backbone))),
            parameters=("pos_embed",),
            enter=_enter,
            edges=_edges,
        )


class Grapher(nn.Module):
    """Connect each vertex with those most like it; it takes of each channel the most that one of them has above it."""

    def __init__(self, width: int, *, neighbours: int, dilation: int, most: int) -> None:
        super().__init__()
        self.fc1 = _mixed(width, width)
        self.graph_conv = nn.ModuleDict({"gconv": MaxRelative(width)})
        self.fc2 = _mixed(2 * width, width)
        self._neighbours, self._dilation, self._most = neighbours, dilation, most

    def forward(self, maps: Maps) -> Maps:
        """Return the maps with what each vertex took added."""
        vertices = self.fc1(maps).flatten(2)
        found = self.graph_conv["gconv"](vertices, self._connected(vertices).neighbours)
        mixed: Tensor = self.fc2(found.reshape(len(maps), -1, *maps.shape[2:]))
        return mixed + maps

    def edges(self, maps: Maps) -> Edges:
        """Return whom each vertex is connected with, given the maps that come in."""
        return self._connected(self.fc1(maps).flatten(2))

    def _connected(self, vertices: Vertices) -> Edges:
        """Connect; of a sorted list of the nearest every second is taken where the dilation is 2, and so on."""
        total = vertices.shape[2]
        dilation = max(1, min(self._dilation, total // self._most))
        return nearest(vertices, count=min(self._neighbours, total), dilation=dilation)


class MaxRelative(nn.Module):
    """max_j(x_j - x_i) over the neighbours j of i, channel by channel, then a layer over x_i and that."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nn = nn.Sequential(
            nn.Conv2d(2 * width, 2 * width, kernel_size=1, groups=GROUPS), nn.BatchNorm2d(2 * width), nn.GELU()
        )

    def forward(self, vertices: Vertices, neighbours: Int64[Tensor, "b z k"]) -> Float[Tensor, "b e z"]:
        """Return twice as many channels."""
        index = neighbours.flatten(1)[:, None].expand(-1, vertices.shape[1], -1)
        strongest = vertices.gather(2, index).reshape(*vertices.shape, -1).amax(dim=3)
        # The two of a channel side by side, which is what the groups of the layer expect.
        pairs = torch.stack([vertices, strongest - vertices], dim=2).flatten(1, 2)
        found: Tensor = self.nn(pairs[..., None])[..., 0]
        return found


class FFN(nn.Module):
    """Two layers for every vertex by itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = _mixed(width, 4 * width)
        self.act = nn.GELU()
        self.fc2 = _mixed(4 * width, width)

    def forward(self, maps: Maps) -> Maps:
        """Return the maps with what the layers make of them added."""
        found: Tensor = self.fc2(self.act(self.fc1(maps)))
        return found + maps


def nearest(vertices: Vertices, *, count: int, dilation: int) -> Edges:
    """Return every vertex's neighbours by cosine, the nearest (itself, as a rule) first, without gradient."""
    with torch.no_grad():
        directions = functional.normalize(vertices.detach().float(), dim=1).mT
        # In single precision inside autocast too, which a product of matrices would not be.
        distances, neighbours = torch.cdist(directions, directions).topk(count * dilation, dim=2, largest=False)
        cosines = 1 - distances.square() / 2
    return Edges(neighbours=neighbours[..., ::dilation], cosine=cosines[..., ::dilation])


def _mixed(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, kernel_size=1), nn.BatchNorm2d(width))


def _stem(width: int) -> nn.Sequential:
    """Return four convolutions of stride 2 and one of stride 1, each with its norm, activations in between."""
    widths = (3, width // 8, width // 4, width // 2, width, width)
    layers: list[nn.Module] = []
    for channels, wider, stride in zip(widths, widths[1:], (2, 2, 2, 2, 1), strict=False):
        conv = nn.Conv2d(channels, wider, kernel_size=3, stride=stride, padding=1)
        layers += [conv, nn.BatchNorm2d(wider), nn.GELU()]
    return nn.Sequential(*layers[:-1])


def _enter(net: Any, _: Paths, cut: Cut) -> Cut:
    return cut.with_maps(net.embed(cut.maps))


def _edges(net: nn.Module, paths: Paths, cut: Cut) -> Edges:
    (path,) = paths
    grapher: Any = net.get_submodule(f"{path}.0")
    edges: Edges = grapher.edges(cut.maps)
    return edges


SIZES: Final = {"vig_ti_224": (192, 12), "vig_s_224": (320, 16), "vig_b_224": (640, 16)}
"""Width and depth."""

default_cfgs = generate_default_cfgs(
    {name: {"input_size": (3, 224, 224), "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)} for name in SIZES}
)
"""timm's name for what is known of the weights: the authors' pixels are normalised so. timm can download none."""


def _made(name: str, options: dict[str, Any]) -> ViG:
    """Make a network; of what timm passes on, `num_classes` is 0 here, and what tells of weights says that none are."""
    if options.get("features_only"):
        raise NotImplementedError(f"{name} has maps of one resolution only: it is not an encoder")
    width, depth = SIZES[name]
    net = ViG(width=width, depth=depth)
    known: Any = get_pretrained_cfg(name)
    net.default_cfg = known.to_dict()
    return net


@register_model
def vig_ti_224(**options: Any) -> ViG:
    """ViG-Ti: 7 million weights."""
    return _made("vig_ti_224", options)


@register_model
def vig_s_224(**options: Any) -> ViG:
    """ViG-S: 23 million weights."""
    return _made("vig_s_224", options)


@register_model
def vig_b_224(**options: Any) -> ViG:
    """ViG-B: 87 million weights."""
    return _made("vig_b_224", options)
