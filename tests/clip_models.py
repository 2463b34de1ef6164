"""CLIP of transformers with random weights, and the same weights under timm's names."""

from functools import partial
from typing import Any

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel

from wsss.models.clip.prompted import PromptedClassifier
from wsss.models.clip.tower import ClipTower, Positions
from wsss.testing.tiny import shake

WIDTH, DEPTH, HEADS, EMBEDDED, PATCH = 32, 3, 4, 24, 16


def clip_of_transformers(*, side: int = 224) -> CLIPModel:
    torch.manual_seed(0)
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": DEPTH,
        "num_attention_heads": HEADS,
        "image_size": side,
        "patch_size": PATCH,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-5,
    }
    text = {
        "vocab_size": 60,
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 77,
        "bos_token_id": 56,
        "eos_token_id": 57,
        "pad_token_id": 57,
    }
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=EMBEDDED)
    config._attn_implementation = "eager"
    model = CLIPModel(config).eval()
    shake(model)
    return model


def tower_of_timm(*, side: int = 224) -> VisionTransformer:
    return VisionTransformer(
        img_size=side,
        patch_size=PATCH,
        embed_dim=WIDTH,
        depth=DEPTH,
        num_heads=HEADS,
        pre_norm=True,
        norm_layer=partial(nn.LayerNorm, eps=1e-5),
        act_layer="quick_gelu",
        num_classes=EMBEDDED,
    )


def under_timms_names(model: CLIPModel) -> dict[str, Tensor]:
    own = model.vision_model.state_dict()
    state = {
        "cls_token": own["embeddings.class_embedding"][None, None],
        "patch_embed.proj.weight": own["embeddings.patch_embedding.weight"],
        "pos_embed": own["embeddings.position_embedding.weight"][None],
        "head.weight": model.visual_projection.weight.detach(),
        "head.bias": torch.zeros(EMBEDDED),
    }
    for part in ("weight", "bias"):
        state[f"norm_pre.{part}"] = own[f"pre_layrnorm.{part}"]
        state[f"norm.{part}"] = own[f"post_layernorm.{part}"]
        for layer in range(DEPTH):
            here, there = f"blocks.{layer}", f"encoder.layers.{layer}"
            for old, new in (
                ("layer_norm1", "norm1"),
                ("layer_norm2", "norm2"),
                ("self_attn.out_proj", "attn.proj"),
                ("mlp.fc1", "mlp.fc1"),
                ("mlp.fc2", "mlp.fc2"),
            ):
                state[f"{here}.{new}.{part}"] = own[f"{there}.{old}.{part}"]
            parts = [own[f"{there}.self_attn.{name}_proj.{part}"] for name in "qkv"]
            state[f"{here}.attn.qkv.{part}"] = torch.cat(parts)
    return state


def paired(*, side: int = 224, positions: Positions = "bicubic") -> tuple[CLIPModel, ClipTower]:
    """The same weights in both libraries."""
    model, net = clip_of_transformers(side=side), tower_of_timm(side=side)
    net.load_state_dict(under_timms_names(model))
    return model, ClipTower(net.eval(), positions=positions)


def prompted(tower: ClipTower, *, classes: int, prompts: int, scale: float = 20.0) -> PromptedClassifier:
    """A classifier on a tower with random vectors."""
    network = PromptedClassifier(tower, classes=classes, prompts=prompts).eval()
    vectors = torch.randn(classes + prompts, EMBEDDED, generator=torch.Generator().manual_seed(5))
    network.tell(nn.functional.normalize(vectors, dim=1), scale=scale)
    return network


def images(height: int, width: int, *, count: int = 2) -> Tensor:
    return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(1))


def tokens_of_transformers(model: CLIPModel, seen: Tensor) -> Any:
    """The last hidden state and the attention of every block."""
    with torch.no_grad():
        return model.vision_model(
            pixel_values=seen, interpolate_pos_encoding=True, output_attentions=True, output_hidden_states=True
        )


def clip_of_open_clip() -> Any:
    """A CLIP of open_clip as large as that of transformers, with other weights; see `pytest.importorskip`."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    torch.manual_seed(0)
    vision = CLIPVisionCfg(layers=DEPTH, width=WIDTH, head_width=WIDTH // HEADS, patch_size=PATCH, image_size=224)
    text = CLIPTextCfg(context_length=77, vocab_size=60, width=16, heads=2, layers=2, mlp_ratio=2.0)
    model = CLIP(EMBEDDED, vision, text, quick_gelu=True).eval()
    shake(model)
    return model


def text_under_transformers_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The text tower of an open_clip's state dict as transformers names and cuts it."""
    found = {
        "text_model.embeddings.token_embedding.weight": state["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": state["positional_embedding"],
        "text_projection.weight": state["text_projection"].T,
        "logit_scale": state["logit_scale"],
    }
    for part in ("weight", "bias"):
        found[f"text_model.final_layer_norm.{part}"] = state[f"ln_final.{part}"]
        for layer in range(2):
            here, there = f"text_model.encoder.layers.{layer}", f"transformer.resblocks.{layer}"
            for new, old in (
                ("layer_norm1", "ln_1"),
                ("layer_norm2", "ln_2"),
                ("self_attn.out_proj", "attn.out_proj"),
                ("mlp.fc1", "mlp.c_fc"),
                ("mlp.fc2", "mlp.c_proj"),
            ):
                found[f"{here}.{new}.{part}"] = state[f"{there}.{old}.{part}"]
            parts = state[f"{there}.attn.in_proj_{part}"].chunk(3)
            found |= {f"{here}.self_attn.{name}_proj.{part}": own for name, own in zip("qkv", parts, strict=True)}
    return found
