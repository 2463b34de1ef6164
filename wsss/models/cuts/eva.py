"""timm's Eva (EVA-02, EVA-CLIP, DINOv3) as a chain of blocks on maps of patches: a ViT with rotary positions.

A cut is that of `wsss.models.cuts.transformers`. Rotations follow from the cells of an image, so they are computed anew
for every block, and images may have any size.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wsss import models
from wsss.errors import ModelError
from wsss.models.cuts.chain import Chain, Paths
from wsss.models.cuts.transformers import chain_of_blocks, from_tokens, prefix_of, tokens_of
from wsss.types import Cut


def chain_of_eva(net: Any) -> Chain:
    """Return the chain of an Eva that was made with `ANY_SIZE`: a block for each of timm's, then the norm.

    As for a plain ViT every patch goes through a norm that comes after the pooling (`fc_norm`). Raises a `ModelError`
    for patches or blocks of another kind.
    """
    eva: Any = models.zoo.timm.models.eva
    known = (eva.PatchEmbed, eva.EvaBlock, eva.EvaAttention)
    parts = (net.patch_embed, *net.blocks, *(getattr(block, "attn", block) for block in net.blocks))
    strange = [type(part).__name__ for part in parts if type(part) not in known]
    if strange:
        raise ModelError(
            f"backbone: a transformer with a {strange[0]} cannot be cut; choose another Eva, such as "
            "vit_small_patch16_dinov3 or eva02_small_patch14_224"
        )
    stem = ("patch_embed", "pos_drop", "norm_pre", *(("rope",) if net.rope is not None else ()))
    return chain_of_blocks(net, stem=stem, enter=_embed, step=_on_tokens, attention=_attention)


def _embed(net: Any, _: Paths, cut: Cut) -> Cut:
    patches = net.patch_embed(cut.maps)
    tokens, _ = net._pos_embed(patches)
    return from_tokens(net.norm_pre(tokens), before=net.num_prefix_tokens, grid=patches.shape[1:3])


def _on_tokens(net: nn.Module, paths: Paths, cut: Cut) -> Cut:
    tokens = tokens_of(cut)
    for path in paths:
        part = net.get_submodule(path)
        tokens = part(tokens, rope=_rotation(net, path, cut)) if path.startswith("blocks.") else part(tokens)
    return from_tokens(tokens, before=prefix_of(cut), grid=cut.maps.shape[2:])


def _rotation(net: Any, path: str, cut: Cut) -> Tensor | None:
    """Return the rotations of the cells in a block: some networks have learnt others for each."""
    if net.rope is None:
        return None
    embed: Tensor = net.rope.get_embed(shape=list(cut.maps.shape[2:]))
    return embed[int(path.split(".")[1])] if net.rope_mixed else embed


def _attention(net: nn.Module, paths: Paths, cut: Cut) -> Float[Tensor, "b z z"]:
    """Return how much each cell attends to each, averaged over the heads: beside the forward pass, as for a ViT."""
    (path,) = paths
    block: Any = net.get_submodule(path)
    attn, first = block.attn, prefix_of(cut)
    queries, keys = _queries_and_keys(attn, block.norm1(tokens_of(cut)))
    rotation = _rotation(net, path, cut)
    if rotation is not None:
        half = getattr(attn, "rotate_half", False)
        queries, keys = (_rotated(part, rotation, first=first, half=half) for part in (queries, keys))
    mean = torch.zeros((), device=queries.device)
    for query, key in zip(queries.unbind(dim=1), keys.unbind(dim=1), strict=True):
        weights = (query[:, first:] * attn.scale @ key.mT).softmax(dim=2)
        mean = mean + weights[:, :, first:] / attn.num_heads
    return mean


def _queries_and_keys(attn: Any, tokens: Float[Tensor, "b t d"]) -> tuple[Tensor, Tensor]:
    """Return `[b heads t d]` each, as timm makes them of normed tokens."""
    if attn.qkv is None:
        parts = [layer(tokens) for layer in (attn.q_proj, attn.k_proj)]
    else:
        bias = None if attn.q_bias is None else torch.cat([attn.q_bias, attn.k_bias, attn.v_bias])
        made = attn.qkv(tokens) if bias is None else nn.functional.linear(tokens, attn.qkv.weight, bias)
        parts = list(made.chunk(3, dim=2)[:2])
    queries, keys = (part.unflatten(2, (attn.num_heads, -1)).transpose(1, 2) for part in parts)
    return attn.q_norm(queries), attn.k_norm(keys)


def _rotated(part: Tensor, rotation: Tensor, *, first: int, half: bool) -> Tensor:
    layers: Any = models.zoo.timm.layers
    turned = layers.apply_rot_embed_cat(part[:, :, first:], rotation, half=half)
    return torch.cat([part[:, :, :first], turned], dim=2)
