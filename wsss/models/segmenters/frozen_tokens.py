"""A transformer that never learns: the tokens of its blocks as maps, and the mark by which it is known again."""

import hashlib
from typing import Any, Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.cuts.chain import run
from wsss.models.cuts.families import blocks_of
from wsss.models.hidden import Hidden
from wsss.models.normalisation import Normalisation
from wsss.types import Cut, Images

DIGEST: Final = 32
"""Bytes of a SHA-256."""
Layers = int | Literal["all"]
"""How many of the blocks that attend, counted from the last."""


class FrozenTokens(nn.Module):
    """Runs a backbone of `create_backbone` without gradients, always in eval mode.

    torch does not know the backbone as a part: it has no parameters here, and is neither in the state dict nor in a
    checkpoint. What is kept is its `digest`, so that another backbone is not taken for it later.
    """

    def __init__(self, net: nn.Module, *, layers: Layers) -> None:
        super().__init__()
        self.hidden = Hidden(net)
        self._blocks = blocks_of(net)
        self._chosen = chosen_blocks(self._blocks, layers=layers)
        self.register_buffer("digest", torch.zeros(DIGEST, dtype=torch.uint8))

    @property
    def net(self) -> nn.Module:
        """The backbone."""
        return self.hidden.network

    @property
    def count(self) -> int:
        """How many maps there are."""
        return len(self._chosen)

    @property
    def channels(self) -> int:
        """Channels of each of the maps."""
        return self._blocks[self._chosen[-1]].channels

    @property
    def stride(self) -> int:
        """Input pixels a cell: the side of a patch."""
        return self._blocks[self._chosen[-1]].stride

    @torch.no_grad()
    def forward(self, images: Images) -> tuple[Float[Tensor, "b d y x"], ...]:
        """Return the patch tokens after each of the chosen blocks, first to last; sides are best whole patches."""
        found, cut = [], Cut(maps=images, stride=1)
        for name, block in self._blocks.items():
            cut = run(self.net, block, cut)
            if name in self._chosen:
                found.append(cut.maps)
        return tuple(found)

    def on_grid(self, images: Images, *, grid: tuple[int, int]) -> tuple[Float[Tensor, "b d y x"], ...]:
        """Return the tokens of images resized to so many rows and columns of patches, in its own normalisation."""
        tokens: tuple[Tensor, ...] = self(resized(images, (grid[0] * self.stride, grid[1] * self.stride)))
        return tokens

    def take(self, net: nn.Module) -> None:
        """Take over the weights of another copy of the backbone."""
        self.net.load_state_dict(net.state_dict())

    def mark(self) -> None:
        """Keep the digest of the weights that the backbone has now."""
        self.get_buffer("digest").copy_(digest_of(self.net))

    def check_mark(self, *, name: str) -> None:
        """Refuse with a `ModelError` a backbone that is not the one on which the rest was trained."""
        if not torch.equal(self.get_buffer("digest").cpu(), digest_of(self.net)):
            raise ModelError(
                f"{name}: the weights that are there now are not those on which the decoder was trained: put the "
                "former file in its place, or train again"
            )


def chosen_blocks(blocks: dict[str, Any], *, layers: Layers) -> tuple[str, ...]:
    """Return the names of the last blocks that attend; the tokens of the very last go through the final norm.

    Raises `ModelError` for a backbone whose blocks do not attend, or that has fewer.
    """
    attending = [name for name, block in blocks.items() if block.attention is not None]
    if not attending:
        raise ModelError("backbone: none of its blocks attends: choose a plain transformer, such as a ViT or DINOv2")
    if layers != "all" and layers > len(attending):
        raise ModelError(f"layers: only {len(attending)} of the backbone's blocks attend, and {layers} are asked for")
    names = (*attending[:-1], next(reversed(blocks)))
    return names if layers == "all" else names[-layers:]


def digest_of(net: nn.Module) -> Tensor:
    """Return the SHA-256 of all weights, with their names, as 32 bytes."""
    found = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return torch.frombuffer(bytearray(found.digest()), dtype=torch.uint8)


class Renormalised(nn.Module):
    """Takes images that were normalised in one way, and gives them in another."""

    def __init__(self, before: Normalisation, after: Normalisation) -> None:
        super().__init__()
        factor = torch.tensor(before.std) / torch.tensor(after.std)
        offset = (torch.tensor(before.mean) - torch.tensor(after.mean)) / torch.tensor(after.std)
        self.register_buffer("factor", factor[:, None, None], persistent=False)
        self.register_buffer("offset", offset[:, None, None], persistent=False)

    def forward(self, images: Images) -> Images:
        """Return the images."""
        return images * self.get_buffer("factor") + self.get_buffer("offset")


def resized(maps: Float[Tensor, "b _ y x"], size: tuple[int, int]) -> Float[Tensor, "b _ p q"]:
    """Return maps, or images, at another size, linearly; those that have it as they are."""
    if tuple(maps.shape[-2:]) == size:
        return maps
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)
