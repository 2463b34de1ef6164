"""VS-CAM (Feng et al., Neurocomputing 2023): what a class has in a graph of patches, seen through its neighbourhoods.

Reconstructed from the abstract: it says that a set of semantic-probe maps detects the semantics in one semantic-base
map, and that both come from pipelines of their own. What these maps are, and all formulas, are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from wsss.cams.base import CAMMethod, by_image, scaled_to_one
from wsss.cams.hirescam import HiResCAM
from wsss.errors import ModelError
from wsss.protocols import CutClassifier, Edges, Graphical
from wsss.types import Cut, Images, RawMaps, Targets

Probes = Float[Tensor, "p z"]
"""Non-negative, a row for each probe of one image: how much it looks at each cell of the maps, counted row by row."""


@dataclass(frozen=True, kw_only=True)
class VSCAM(CAMMethod):
    """H_i = sum_p r_p P_pi / sum_p P_pi, with r_p = sum_i P_pi b_i / sum_i P_pi: probes P, and a base b of the class.

    Reconstructed from the abstract, as the module says. A probe answers with the mean of the base over what it looks
    at, and a cell becomes the mean of the answers of those that look at it: what is alone in its neighbourhood fades,
    and what all of it has comes out. Without a scale of its own: H is nowhere larger than b, which loses its negative
    part. It costs a forward pass and that of its base, for all labels together, and z x z numbers, z the cells.
    """

    probes: Literal["graph", "channel"] = "graph"
    """`graph`: a probe a vertex, that looks at it and at its neighbours. `channel`: a probe a channel of the maps,
    without its negative part and brought to [0, 1]; this needs no graph."""
    base: Literal["logit", "gradient"] = "logit"
    """`logit`: what the head makes of each cell by itself; on a linear head this is CAM. `gradient`: HiResCAM."""
    weights: Literal["one", "cosine"] = "one"
    """How much a vertex looks at a neighbour: as at itself, or by the cosine of their features where it is positive."""
    layers: int = 1
    """How many of the blocks that draw a graph are averaged, counted from the last."""

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, got {self.layers}")

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        # Small differences decide who is connected with whom: half precision would draw other graphs.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            cut = model.until(self.block, images)
            base = self._base(model, images, cut=cut, targets=targets).relu()
            graphs = self._graphs(model, images)
            for image, mine in by_image(targets):
                probes = self._probes(cut.take(image), [graph_of(edges, image) for edges in graphs])
                base[mine] = through(probes, base[mine].flatten(1)).reshape(base[mine].shape)
        return base

    def check(self, model: CutClassifier) -> None:
        """Refuse a block other than the last, a network without a graph, and one with fewer than are asked for."""
        super().check(model)
        if self.block != "last":
            raise ModelError(f"VS-CAM reads the block that feeds the pooling: set cam.block=last, not {self.block}")
        if self.probes != "graph":
            return
        if not isinstance(model, Graphical):
            raise ModelError("VS-CAM needs a vision GNN: use classifier=vig_tiny, cam.probes=channel, or another cam")
        if self.layers > len(model.connecting):
            raise ModelError(f"cam.layers={self.layers}: this network draws only {len(model.connecting)} graphs")

    def _base(self, model: CutClassifier, images: Images, *, cut: Cut, targets: Targets) -> RawMaps:
        match self.base:
            case "logit":
                return dense_logits(model, self.block, cut)[targets.image, targets.cls]
            case "gradient":
                return HiResCAM(block=self.block)(model, images, targets)
            case _:
                assert_never(self.base)

    def _graphs(self, model: CutClassifier, images: Images) -> list[Edges]:
        if self.probes == "channel":
            return []
        assert isinstance(model, Graphical), "check() comes first"
        return list(model.edges(images, blocks=model.connecting[-self.layers :]))

    def _probes(self, cut: Cut, graphs: Sequence[Edges]) -> Probes:
        """Return the probes of one image."""
        match self.probes:
            case "channel":
                return scaled_to_one(cut.maps[0].relu()).flatten(1)
            case "graph":
                return torch.stack([neighbourhoods(edges, weights=self.weights) for edges in graphs]).mean(dim=0)
            case _:
                assert_never(self.probes)


def dense_logits(model: CutClassifier, block: str, cut: Cut) -> Float[Tensor, "b c y x"]:
    """Return what follows the block makes of each cell as if it were the whole image.

    Before a head that pools, whatever its layers are, this is the head applied to every cell.
    """
    images, _, height, width = cut.maps.shape
    image = torch.arange(images, device=cut.maps.device).repeat_interleave(height * width)
    cells = cut.maps.flatten(2).mT.flatten(0, 1)[:, :, None, None]
    alone = Cut(maps=cells, stride=cut.stride, rest=tuple(part[image] for part in cut.rest))
    logits = model.after(block, alone).float()
    return logits.reshape(images, height, width, -1).movedim(3, 1)


def graph_of(edges: Edges, image: Int64[Tensor, " 1"]) -> Edges:
    """Return the graph of one image, given as an index of one."""
    return Edges(neighbours=edges.neighbours[image], cosine=edges.cosine[image])


def neighbourhoods(edges: Edges, *, weights: Literal["one", "cosine"]) -> Float[Tensor, "z z"]:
    """Return in each row how much a vertex of the only image looks at each; at itself by 1, connected or not."""
    (neighbours,), (cosine,) = edges.neighbours, edges.cosine
    looks = torch.ones_like(cosine) if weights == "one" else cosine.relu()
    return torch.zeros(len(looks), len(looks), device=looks.device).scatter(1, neighbours, looks).fill_diagonal_(1)


def through(probes: Probes, base: Float[Tensor, "m z"]) -> Float[Tensor, "m z"]:
    """Return what the probes see of each map; a probe that looks at nothing does not count, an unseen cell is 0."""
    responses = base @ _over(probes.mT, probes.sum(dim=1))
    return responses @ _over(probes, probes.sum(dim=0))


def _over(matrix: Float[Tensor, "rows columns"], sums: Float[Tensor, " columns"]) -> Float[Tensor, "rows columns"]:
    return matrix / sums.masked_fill(sums == 0, 1)
