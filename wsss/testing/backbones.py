"""The contract of backbones: timm knows the network by name, and cut into its blocks it computes the same."""

import torch

from wsss.models.classifier import ClassifierOptions
from wsss.models.cuts.chain import run
from wsss.models.cuts.families import blocks_of
from wsss.testing.networks import check_network
from wsss.testing.tiny import CLASSES, shake
from wsss.types import Cut


def check_backbone(name: str, *, output_stride: int = 32) -> None:
    """Raise an `AssertionError` at the first promise that a backbone breaks.

    Raises a `ModelError` for a name that timm does not know, a network that cannot be cut, and an output stride that it
    does not have.
    """
    options = ClassifierOptions(backbone=name, weights="none", output_stride=output_stride)
    options.check()
    classes = tuple(f"class {position}" for position in range(CLASSES))
    network = options.build(classes).eval()
    shake(network)
    _check_blocks_in_a_row(network.backbone)
    check_network(network)
    outline = options.outline()
    assert {parameter.device.type for parameter in outline.parameters()} == {"meta"}, "an outline takes memory"
    assert outline.blocks == network.blocks, "an outline has other blocks"
    options.skeleton(classes).load_state_dict(network.state_dict())
    inside = {f"backbone.{path}" for path in network.trained_paths_until("last")}
    outside = [n for n, _ in network.named_parameters() if n.startswith("backbone.") and not _below(n, inside)]
    assert not outside, f"parameters of no block: {', '.join(outside)}"


@torch.no_grad()
def _check_blocks_in_a_row(backbone: torch.nn.Module) -> None:
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    cut = Cut(maps=images.clone(), stride=1)
    for block in blocks_of(backbone).values():
        cut = run(backbone, block, cut)
    whole = backbone.forward_features(images)  # type: ignore[operator]  # timm's networks all have it
    assert whole.ndim != 4 or torch.equal(cut.maps, whole), "the blocks in a row are not `forward_features`"


def _below(name: str, paths: set[str]) -> bool:
    return any(name == path or name.startswith(f"{path}.") for path in paths)
