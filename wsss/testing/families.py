"""Every architecture that can be cut, a few channels wide, so that a pass takes a millisecond."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from timm.models._efficientnet_builder import decode_arch_def
from timm.models.convnext import ConvNeXt
from timm.models.efficientnet import EfficientNet
from timm.models.eva import Eva
from timm.models.mobilenetv3 import MobileNetV3
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from timm.models.vgg import VGG
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from wsss.models.backbones.vig import ViG
from wsss.models.cuts.families import blocks_of
from wsss.models.cuts.transformers import ANY_SIZE
from wsss.models.gap import GAPClassifier, gap_classifier
from wsss.testing.tiny import CLASSES, shake

_decoded: Callable[[list[list[str]]], Any] = decode_arch_def


def narrow_vit(**options: Any) -> VisionTransformer:
    """Return a plain ViT of three blocks and 12 channels."""
    return VisionTransformer(img_size=48, patch_size=8, embed_dim=12, depth=3, num_heads=2, mlp_ratio=2, **options)


FAMILIES: Final[dict[str, Callable[[], nn.Module]]] = {
    "resnet": lambda: ResNet(
        block=(BasicBlock, BasicBlock, Bottleneck, Bottleneck),  # type: ignore[arg-type]  # one a stage is fine
        layers=(1, 1, 1, 1),
        channels=(6, 8, 4, 5),
        output_stride=16,
    ),
    "efficientnet_lite": lambda: EfficientNet(
        _decoded([["ds_r1_k3_s1_e1_c6"], ["ir_r2_k3_s2_e3_c8"], ["ir_r2_k5_s2_e3_c12"]]),
        stem_size=8,
        fix_stem=True,
        num_features=24,
        act_layer=nn.ReLU6,
    ),
    "vgg": lambda: VGG([8, "M", 12, "M", 16, "M", 24, "M"], mlp_ratio=0.001),
    "mobilenetv3": lambda: MobileNetV3(
        _decoded(
            [
                ["ds_r1_k3_s2_e1_c8_se0.25_nre"],
                ["ir_r2_k3_s2_e3_c12_nre"],
                ["ir_r2_k5_s2_e3_c16_se0.25"],
                ["cn_r1_k1_s1_c24"],
            ]
        ),
        act_layer=nn.Hardswish,
    ),
    "convnext": lambda: ConvNeXt(depths=(1, 1, 2, 1), dims=(8, 12, 16, 24), output_stride=16),
    "vision_transformer": lambda: narrow_vit(reg_tokens=2, **ANY_SIZE),
    "eva": lambda: Eva(
        img_size=48,
        patch_size=8,
        embed_dim=16,
        depth=3,
        num_heads=2,
        mlp_ratio=2,
        use_rot_pos_emb=True,
        **dict[str, Any](ANY_SIZE),
    ),
    "vig": lambda: ViG(width=16, depth=3, neighbours=3),
}


@cache
def small_family_network(family: str) -> GAPClassifier:
    """One of `FAMILIES` with arbitrary values, made once: leave its weights and its mode alone."""
    backbone = FAMILIES[family]()
    used = {path.split(".")[0] for block in blocks_of(backbone).values() for path in block.paths}
    for name, _ in list(backbone.named_children()):
        if name not in used:
            setattr(backbone, name, nn.Identity())
    network = gap_classifier(backbone, classes=CLASSES)
    shake(network)
    return network.eval()
