"""CLIP's image tower (Radford et al., ICML 2021) of timm, cut into blocks, the last of them within a block of timm's.

As in CLIP-ES (Lin et al., CVPR 2023) maps are read after the first norm of the last block, patch tokens are pooled by
their mean after the final norm, and position embeddings are interpolated, so that images may have any size.
"""

from typing import Any, Final, Literal, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.cuts.transformers import strange_parts
from wsss.types import Cut, Images

Positions = Literal["bilinear", "bicubic"]
"""How position embeddings are interpolated: `bilinear` as in CLIP-ES, `bicubic` as in transformers."""
Tokens = Float[Tensor, "b t d"]
PREFIX: Final = 1
"""Tokens before the patches: the class token."""


@final
class ClipTower(nn.Module):
    """The blocks of an image tower as steps from cut to cut.

    A cut after the last block holds the normed patch tokens as maps; its `rest` is the normed class token, and all
    tokens as they were before the norm, which go around the attention.
    """

    def __init__(self, net: nn.Module, *, positions: Positions) -> None:
        super().__init__()
        check_tower(net)
        self.net: Any = net
        self._positions = positions

    @property
    def depth(self) -> int:
        """How many blocks attend."""
        return len(self.net.blocks)

    @property
    def stride(self) -> int:
        """Input pixels a patch."""
        side: int = self.net.patch_embed.patch_size[0]
        return side

    @property
    def width(self) -> int:
        """Length of an embedding."""
        length: int = self.net.head.out_features
        return length

    def embed(self, images: Images) -> Cut:
        """Return the tokens of images with their positions; images are padded to whole patches."""
        below, beside = (-side % self.stride for side in images.shape[-2:])
        patches = self.net.patch_embed.proj(functional.pad(images, (0, beside, 0, below)))
        grid = (patches.shape[2], patches.shape[3])
        cells = self.net.patch_embed.norm(patches.flatten(2).mT)
        first = self.net.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([first, cells], dim=1) + self._position_of(grid)
        return self._cut(self.net.norm_pre(tokens), grid=grid)

    def attend(self, number: int, cut: Cut) -> Cut:
        """Run the block of a number, from 0, as a whole."""
        return self._cut(self.net.blocks[number](tokens_of(cut)), grid=cut.maps.shape[2:])

    def attend_telling(self, number: int, cut: Cut) -> tuple[Cut, Float[Tensor, "b z z"]]:
        """Run a block, and return how much each patch attends to each in it: for little more than the block costs.

        What a fused kernel does at once is done head by head, so that its weights are seen.
        """
        tokens, block = tokens_of(cut), self.net.blocks[number]
        attn = block.attn
        parts = attn.qkv(block.norm1(tokens)).reshape(*tokens.shape[:2], 3, attn.num_heads, -1)
        queries, keys, values = parts.permute(2, 3, 0, 1, 4)
        mean: Tensor | None = None
        answers = []
        for query, key, value in zip(queries * attn.scale, keys, values, strict=True):
            weights = (query @ key.mT).softmax(dim=2)
            answers.append(weights @ value)
            mean = weights if mean is None else mean.add_(weights)
        assert mean is not None, "there is a head"
        tokens = tokens + block.ls1(attn.proj(torch.cat(answers, dim=2)))
        tokens = tokens + block.ls2(block.mlp(block.norm2(tokens)))
        return self._cut(tokens, grid=cut.maps.shape[2:]), mean[:, PREFIX:, PREFIX:] / attn.num_heads

    def norm_last(self, cut: Cut) -> Cut:
        """Run the first norm of the last block."""
        tokens = tokens_of(cut)
        normed = self._cut(self.net.blocks[-1].norm1(tokens), grid=cut.maps.shape[2:])
        return Cut(maps=normed.maps, stride=self.stride, rest=(*normed.rest, tokens))

    def pooled(self, cut: Cut) -> Float[Tensor, "b e"]:
        """Return the embeddings of length 1 of images, given a cut after the last block."""
        normed, around = torch.cat([cut.rest[0], cut.maps.flatten(2).mT], dim=1), cut.rest[1]
        block = self.net.blocks[-1]
        tokens = around + block.drop_path1(block.ls1(block.attn(normed)))
        tokens = tokens + block.drop_path2(block.ls2(block.mlp(block.norm2(tokens))))
        patches = self.net.norm(tokens)[:, PREFIX:]
        return functional.normalize(self.net.head(patches.mean(dim=1)), dim=1)

    def attention(self, number: int, tokens: Tokens, *, normed: bool = False) -> Float[Tensor, "b z z"]:
        """Return how much each patch attends to each in a block, the mean over heads, taken one by one.

        `normed` tells that `tokens` went through the block's first norm already.
        """
        block = self.net.blocks[number]
        attn, seen = block.attn, tokens if normed else block.norm1(tokens)
        width = attn.qkv.in_features
        both = functional.linear(seen, attn.qkv.weight[: 2 * width], attn.qkv.bias[: 2 * width])
        queries, keys = both.reshape(*both.shape[:2], 2, attn.num_heads, -1).unbind(dim=2)
        mean = torch.zeros((), device=tokens.device)
        for head in range(attn.num_heads):
            weights = (queries[:, PREFIX:, head] * attn.scale @ keys[:, :, head].mT).softmax(dim=2)
            mean = mean + weights[:, :, PREFIX:] / attn.num_heads
        return mean

    def _position_of(self, grid: tuple[int, int]) -> Float[Tensor, "1 t d"]:
        own = self.net.pos_embed
        side: tuple[int, int] = self.net.patch_embed.grid_size
        if grid == tuple(side):
            return torch.as_tensor(own)
        cells = own[:, PREFIX:].unflatten(1, side).permute(0, 3, 1, 2)
        resized = functional.interpolate(cells, size=grid, mode=self._positions, align_corners=False)
        return torch.cat([own[:, :PREFIX], resized.flatten(2).mT], dim=1)

    def _cut(self, tokens: Tokens, *, grid: Any) -> Cut:
        maps = tokens[:, PREFIX:].mT.reshape(len(tokens), tokens.shape[2], *grid)
        return Cut(maps=maps, stride=self.stride, rest=(tokens[:, :PREFIX],))


def tokens_of(cut: Cut) -> Tokens:
    """Return the tokens of a cut within the chain of blocks: the class token, then the patches."""
    return torch.cat([cut.rest[0], cut.maps.flatten(2).mT], dim=1)


def check_tower(net: Any) -> None:
    """Refuse with a `ModelError` a network of timm that is not an image tower of CLIP."""
    name = type(net).__name__
    plain = name == "VisionTransformer" and not strange_parts(net)
    if not (
        plain
        and isinstance(net.norm_pre, nn.LayerNorm)
        and isinstance(net.head, nn.Linear)
        and net.num_prefix_tokens == PREFIX
        and net.cls_token is not None
        and net.pos_embed is not None
    ):
        raise ModelError(
            "backbone: this network is not an image tower of CLIP: choose one such as "
            "vit_base_patch16_clip_quickgelu_224.openai"
        )
