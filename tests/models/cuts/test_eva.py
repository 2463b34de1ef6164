"""Eva as a chain: timm's own forward, and the attention that timm's own softmax gives."""

from typing import Any

import pytest
import torch
from timm.models.eva import Eva
from torch import nn

from wsss.errors import ModelError
from wsss.models.cuts.eva import chain_of_eva
from wsss.models.cuts.transformers import ANY_SIZE
from wsss.models.gap import AttentiveClassifier, gap_classifier
from wsss.testing.networks import PROMISES, Promise
from wsss.testing.tiny import shake

KINDS: dict[str, dict[str, Any]] = {
    "EVA-02": {"use_rot_pos_emb": True, "swiglu_mlp": True, "scale_mlp": True, "qkv_fused": False},
    "DINOv3": {
        "use_rot_pos_emb": True,
        "rope_type": "dinov3",
        "rope_rotate_half": True,
        "rope_temperature": 100,
        "use_abs_pos_emb": False,
        "num_reg_tokens": 2,
        "init_values": 1e-5,
        "qkv_bias": False,
    },
    "mixed": {"use_rot_pos_emb": True, "rope_type": "mixed", "no_embed_class": True},
    "EVA-01": {"global_pool": "avg", "init_values": 0.1},
}


def net_of(kind: str) -> Eva:
    net = Eva(img_size=48, patch_size=8, embed_dim=32, depth=2, num_heads=2, **KINDS[kind], **ANY_SIZE)
    shake(net)
    return net.eval()


def cut_of(net: nn.Module) -> AttentiveClassifier:
    made = gap_classifier(net, classes=3).eval()
    assert isinstance(made, AttentiveClassifier)
    return made


def images(height: int = 40, width: int = 56) -> torch.Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("size", [(48, 48), (40, 56), (37, 50)])
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_maps_are_timm_s_tokens(kind: str, size: tuple[int, int]):
    net = net_of(kind)
    with torch.no_grad():
        tokens = net.fc_norm(net.forward_features(images(*size)))[:, net.num_prefix_tokens :]
        cut = cut_of(net).until("last", images(*size))
    assert cut.stride == 8
    torch.testing.assert_close(cut.maps.flatten(2).mT, tokens, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_attention_is_that_of_timm_s_own_softmax(kind: str):
    net, kept = net_of(kind), list[torch.Tensor]()
    for block in net.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda _, given, __: kept.append(given[0]))
    made = cut_of(net)
    kept.clear()
    with torch.no_grad():
        net.forward_features(images())
        found = list(made.attentions(images(), blocks=made.attending))
    first = net.num_prefix_tokens
    assert len(found) == 2
    for own, theirs in zip(found, kept[:2], strict=True):
        torch.testing.assert_close(own, theirs.mean(dim=1)[:, first:, first:], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_can_be_cut(promise: Promise):
    promise(cut_of(net_of("EVA-02")))


def test_blocks_of_another_kind_are_refused():
    net = Eva(img_size=48, patch_size=8, embed_dim=32, depth=2, num_heads=2, use_post_norm=True, **ANY_SIZE)
    with pytest.raises(ModelError, match="a transformer with a EvaBlockPostNorm cannot be cut"):
        chain_of_eva(net)
