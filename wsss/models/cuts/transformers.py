"""timm's VisionTransformer (ViT, Dosovitskiy et al., ICLR 2021; DeiT) as a chain of blocks on maps of patches.

A cut's maps are the patch tokens as a grid, and its `rest` the class and register tokens before them. Images may have
any size: they are padded to whole patches, and position embeddings are interpolated, both as timm does it when told to.
"""

from collections.abc import Sequence
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss import models
from wsss.errors import ModelError
from wsss.models.cuts.chain import Attention, BlockFunction, Chain, Paths
from wsss.types import Cut

ANY_SIZE: Final = {"dynamic_img_size": True, "dynamic_img_pad": True}
"""timm's words for networks that take images of any size."""
TOKENS: Final = ("cls_token", "reg_token", "pos_embed")
"""Parameters that a network may have."""


def chain_of_transformer(net: Any) -> Chain:
    """Return the chain of a VisionTransformer that was made with `ANY_SIZE`: a block for each of timm's, then the norm.

    Some have their norm after the pooling (`fc_norm`): here every patch goes through it, as in all others, since the
    tokens of a transformer are of no use without. Pooling by attention is timm's own classifier and is dropped. Raises
    a `ModelError` for patches or blocks of another kind, whose parts would have to be run in another way.
    """
    strange = strange_parts(net)
    if strange:
        raise ModelError(
            f"backbone: a transformer with a {strange[0]} cannot be cut; choose a plain ViT or DeiT, such as "
            "vit_small_patch16_224"
        )
    stem = ("patch_embed", "pos_drop", "patch_drop", "norm_pre")
    return chain_of_blocks(net, stem=stem, enter=_embed, step=_on_tokens, attention=_attention)


def chain_of_blocks(net: Any, *, stem: Paths, enter: BlockFunction, step: BlockFunction, attention: Attention) -> Chain:
    """Return the chain of a network whose parts timm calls as it does a VisionTransformer's."""
    return Chain(
        stem=stem,
        stages=tuple((f"blocks.{i}",) for i in range(len(net.blocks))),
        tail=("norm", "fc_norm"),
        parameters=tuple(name for name in TOKENS if getattr(net, name) is not None),
        enter=enter,
        step=step,
        attention=attention,
        side=4 * net.patch_embed.patch_size[0],
    )


def strange_parts(net: Any) -> list[str]:
    """Return the classes of parts that are not a plain transformer's."""
    plain: Any = models.zoo.timm.models.vision_transformer
    known = (plain.PatchEmbed, plain.Block, plain.Attention)
    within = [part for block in net.blocks for name, part in block.named_children() if name == "attn"]
    return [type(part).__name__ for part in (net.patch_embed, *net.blocks, *within) if type(part) not in known]


def _embed(net: Any, _: Paths, cut: Cut) -> Cut:
    """Turn images into tokens with their positions; the modules' order is timm's, which adds positions by a method."""
    patches = net.patch_embed(cut.maps)
    tokens = net.norm_pre(net.patch_drop(net._pos_embed(patches)))
    return from_tokens(tokens, before=net.num_prefix_tokens, grid=patches.shape[1:3])


def _on_tokens(net: nn.Module, paths: Paths, cut: Cut) -> Cut:
    tokens = tokens_of(cut)
    for path in paths:
        tokens = net.get_submodule(path)(tokens)
    return from_tokens(tokens, before=prefix_of(cut), grid=cut.maps.shape[2:])


def _attention(net: nn.Module, paths: Paths, cut: Cut) -> Float[Tensor, "b z z"]:
    """Return how much each cell attends to each; rows add up to 1 less what is for class and register tokens."""
    first = prefix_of(cut)
    return attention_rows(net, paths, cut, first=first)[:, :, first:]


def attention_rows(net: nn.Module, paths: Paths, cut: Cut, *, first: int) -> Float[Tensor, "b r t"]:
    """Return how much each token from the `first` on attends to all of a block, averaged over the heads.

    These are taken one by one to save memory. A fused kernel returns no weights, so this is a softmax of our own,
    beside the forward pass and not within.
    """
    (path,) = paths
    block: Any = net.get_submodule(path)
    attn = block.attn
    parts = attn.qkv(block.norm1(tokens_of(cut))).unflatten(2, (3, attn.num_heads, -1))
    queries, keys = attn.q_norm(parts[:, :, 0]), attn.k_norm(parts[:, :, 1])
    mean = torch.zeros((), device=queries.device)
    for head in range(attn.num_heads):
        weights = (queries[:, first:, head] * attn.scale @ keys[:, :, head].mT).softmax(dim=2)
        mean = mean + weights / attn.num_heads
    return mean


def tokens_of(cut: Cut) -> Float[Tensor, "b t d"]:
    """Return all tokens of a cut, those before the patches first."""
    return torch.cat([*cut.rest, cut.maps.flatten(2).mT], dim=1)


def from_tokens(tokens: Float[Tensor, "b t d"], *, before: int, grid: Sequence[int]) -> Cut:
    """Return a cut whose maps are the tokens but for those `before` them; its stride is not known here."""
    maps = tokens[:, before:].mT.reshape(len(tokens), tokens.shape[2], *grid)
    return Cut(maps=maps, stride=1, rest=(tokens[:, :before],) if before else ())


def prefix_of(cut: Cut) -> int:
    """Return how many tokens come before the patches."""
    return cut.rest[0].shape[1] if cut.rest else 0
