"""Transformers as chains: the forward pass is timm's, at any size, and attention is what its blocks attend with."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.protocols import Attentive

Build = Callable[[str, int], GAPClassifier]
PREFIX = {"test_vit": 1, "test_vit2": 1, "vit_tiny_patch16_224": 1, "vit_small_patch14_reg4_dinov2": 5}
"""How many tokens each has before its patches."""
NATIVE = {"test_vit": 160, "test_vit2": 160, "vit_tiny_patch16_224": 224}


def images(height: int, width: int) -> Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def as_timm_makes_it(name: str, network: GAPClassifier, **options: Any) -> Any:
    whole = timm.create_model(name, num_classes=0, **options).eval()
    missing = whole.load_state_dict(network.backbone.state_dict(), strict=False)
    assert missing.missing_keys == missing.unexpected_keys == []
    return whole


@pytest.mark.parametrize("name", NATIVE)
def test_features_are_timms_at_the_native_size(classifier: Build, name: str):
    network, before = classifier(name, 16), PREFIX[name]
    side = NATIVE[name]
    whole = as_timm_makes_it(name, network)
    with torch.no_grad():
        expected = whole.fc_norm(whole.forward_features(images(side, side)))
        cut = network.until("last", images(side, side))
    assert (cut.stride, cut.maps.shape[2:]) == (16, (side // 16, side // 16))
    assert torch.equal(cut.maps.flatten(2).mT, expected[:, before:])
    assert torch.equal(cut.rest[0], expected[:, :before])
    assert cut.maps.std() > 0


@pytest.mark.parametrize("name", ["test_vit", "test_vit2"])
def test_features_are_timms_at_another_size(classifier: Build, name: str):
    network = classifier(name, 16)
    whole = as_timm_makes_it(name, network, dynamic_img_size=True)
    padded = functional.pad(images(90, 131), (0, 13, 0, 6))
    with torch.no_grad():
        expected = whole.fc_norm(whole.forward_features(padded))[:, PREFIX[name] :]
        maps = network.until("last", images(90, 131)).maps
    assert maps.shape[2:] == (6, 9)
    assert torch.equal(maps.flatten(2).mT, expected)


def test_registers_and_the_class_token_go_along():
    options = ClassifierOptions(backbone="vit_small_patch14_reg4_dinov2", weights="none", output_stride=14)
    cut = options.outline().until("block1", torch.empty(2, 3, 28, 50, device="meta"))
    assert cut.maps.shape == (2, 384, 2, 4)
    assert [part.shape for part in cut.rest] == [(2, 5, 384)]


def test_without_tokens_before_the_patches_nothing_goes_along():
    outline = ClassifierOptions(backbone="vit_base_patch16_siglip_224", weights="none").outline()
    cut = outline.until("block1", torch.empty(1, 3, 32, 32, device="meta"))
    assert cut.rest == ()
    assert outline.after("block1", cut).shape == (1, 1)
    assert isinstance(outline.backbone.attn_pool, nn.Identity)


def seen_values(network: GAPClassifier, position: int, shown: Tensor) -> tuple[Tensor, Tensor]:
    """The values of a block's attention, and what it makes of them before its last layer: read by hooks."""
    attn, kept = network.backbone.blocks[position].attn, {}
    hooks = [
        attn.qkv.register_forward_hook(lambda *a: kept.update(qkv=a[2])),
        attn.proj.register_forward_pre_hook(lambda *a: kept.update(mixed=a[1][0])),
    ]
    network(shown)
    for hook in hooks:
        hook.remove()
    return kept["qkv"].chunk(3, dim=2)[2], kept["mixed"]


@pytest.mark.parametrize("name", ["test_vit", "test_vit2"])
def test_attention_is_what_the_fused_kernel_mixes_values_with(classifier: Build, name: str):
    network, shown, before = deepcopy(classifier(name, 16)), images(48, 80), PREFIX[name]
    # With one head the mean over heads is that head.
    heads = network.backbone.blocks[2].attn
    width = heads.head_dim * heads.num_heads
    heads.num_heads, heads.head_dim, heads.scale = 1, width, width**-0.5
    with torch.no_grad():
        (attention,) = network.attentions(shown, blocks=["block3"])
        values, mixed = seen_values(network, 2, shown)
        # 16 tokens of 64 numbers each: one mixture alone makes what came out.
        weights = torch.linalg.lstsq(values.double().mT, mixed.double().mT).solution.mT
    torch.testing.assert_close(attention, weights[:, before:, before:].float(), atol=1e-4, rtol=1e-3)
    assert attention.std() > 0


def test_attention_is_the_mean_over_heads(classifier: Build):
    network, shown = classifier("test_vit", 16), images(48, 80)
    with torch.no_grad():
        (attention,) = network.attentions(shown, blocks=["block3"])
        cut = network.until("block2", shown)
        block: Any = network.backbone.blocks[2]
        tokens = block.norm1(torch.cat([cut.rest[0], cut.maps.flatten(2).mT], dim=1))
        queries, keys, _ = block.attn.qkv(tokens).chunk(3, dim=2)
        heads = [
            torch.softmax(q @ k.mT / q.shape[2] ** 0.5, dim=2)
            for q, k in zip(queries.chunk(block.attn.num_heads, 2), keys.chunk(block.attn.num_heads, 2), strict=True)
        ]
    torch.testing.assert_close(attention, torch.stack(heads).mean(dim=0)[:, 1:, 1:])
    assert len(heads) == 2


def test_looking_at_attention_gives_each_block_asked_for_and_runs_no_further(classifier: Build):
    network, shown = deepcopy(classifier("test_vit", 16)), images(32, 48)
    assert isinstance(network, Attentive)
    assert network.attending == tuple(f"block{i}" for i in range(1, 7))
    with torch.no_grad():
        every = list(network.attentions(shown, blocks=network.attending))
        ran = []
        for position, block in enumerate(network.backbone.blocks):
            block.register_forward_hook(lambda *_, position=position: ran.append(position))
        two = list(network.attentions(shown, blocks=["block2", "block4"]))
    assert ran == [0, 1, 2]
    assert torch.equal(torch.stack(two), torch.stack([every[1], every[3]]))
    assert all(part.shape == (2, 6, 6) for part in every)
    assert all((part.sum(dim=2) < 1).all() for part in every)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("vit_base_r50_s16_224", "HybridEmbed"),
        ("vit_base_patch16_18x2_224", "ParallelThingsBlock"),
        ("vit_base_patch16_rpn_224", "ResPostBlock"),
    ],
)
def test_parts_of_another_kind_are_refused_by_name(name: str, part: str):
    with pytest.raises(ModelError, match=rf"a transformer with a {part} cannot be cut; choose .*vit_small_patch16_224"):
        ClassifierOptions(backbone=name, weights="none").check()
