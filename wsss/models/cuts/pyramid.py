"""A backbone of which the maps after several blocks are wanted at once."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from wsss.models.cuts.chain import run
from wsss.models.cuts.families import blocks_of
from wsss.types import Cut, Images


class Pyramid(nn.Module):
    """Runs a backbone of `create_backbone` once and returns its maps after each of `blocks`, first to last."""

    def __init__(self, backbone: nn.Module, *, blocks: Sequence[str]) -> None:
        super().__init__()
        self.backbone = backbone
        every = blocks_of(backbone)
        last = max(list(every).index(name) for name in blocks)
        self._blocks = {name: every[name] for name in list(every)[: last + 1]}
        self._chosen = frozenset(blocks)
        chosen = [block for name, block in every.items() if name in self._chosen]
        self.channels = tuple(block.channels for block in chosen)
        """Of the maps that are returned."""
        self.strides = tuple(block.stride for block in chosen)
        """Input pixels a cell of the maps that are returned."""

    def forward(self, images: Images) -> tuple[Float[Tensor, "b _ _ _"], ...]:
        """Return the maps; sides of `images` are best multiples of the largest stride."""
        found, cut = [], Cut(maps=images, stride=1)
        for name, block in self._blocks.items():
            cut = run(self.backbone, block, cut)
            if name in self._chosen:
                found.append(cut.maps)
        return tuple(found)
