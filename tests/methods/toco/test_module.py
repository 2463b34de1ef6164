"""ToCo's loss, put together again from its parts, and what its maps and its slower projection are."""

from typing import Any

import pytest
import torch
from builders import named
from torch.nn import functional

from wsss.methods.toco.losses import patch_contrast
from wsss.methods.toco.module import ToCoModule
from wsss.methods.toco.options import ToCoFit
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import with_backbone
from wsss.testing.families import small_family_network
from wsss.training.classifier import soft_margin

OPTIONS = ClassifierOptions(backbone="vit_tiny_patch16_224", weights="none", output_stride=16)
PRESENT = torch.tensor([[1.0, 0, 1], [0, 1.0, 0]])
IMAGES = torch.randn(2, 3, 64, 48, generator=torch.Generator().manual_seed(0))
SMALL = {"crop_side": 32, "view_side": 32, "crop_count": 3, "scales": (1.0,), "auxiliary": "block2"}
BARE = {"low": 0.9, "high": 0.95}
"""With these most crops show the background."""


def module(**changes: Any) -> ToCoModule:
    torch.manual_seed(0)
    network = with_backbone(OPTIONS.build(named(3)))
    return ToCoModule(network=network, fit=ToCoFit(**{**SMALL, **changes}), random_seed=0).eval()


def test_without_contrasts_two_heads_learn_the_labels():
    made = module(patches=0.0, crops=0.0)
    assert made.projection is None
    loss, logits = made.learn(IMAGES, PRESENT)
    early = made.network.until("block2", IMAGES).maps.mean(dim=(2, 3))
    torch.testing.assert_close(logits, made.network(IMAGES))
    expected = soft_margin(logits, PRESENT) + soft_margin(early @ made.auxiliary.weight.T, PRESENT)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize(("low", "high"), [(0.25, 0.7), (0.4, 0.5)])
def test_patches_are_told_apart_by_the_maps_of_the_earlier_block(low: float, high: float):
    made = module(crops=0.0, patches=0.3, low=low, high=high)
    plain, _ = module(crops=0.0, patches=0.0).learn(IMAGES, PRESENT)
    loss, _ = made.learn(IMAGES, PRESENT)
    maps = functional.interpolate(made.maps(IMAGES), size=(4, 3), mode="bilinear", align_corners=False)
    labels = torch.full((2, 4, 3), 255)
    for image, row, column in torch.ones(2, 4, 3).nonzero().tolist():
        own = {cls: float(maps[image, cls, row, column]) for cls in range(3) if PRESENT[image, cls]}
        best = max(own, key=lambda cls: own[cls])
        if own[best] <= low:
            labels[image, row, column] = 0
        elif own[best] > high:
            labels[image, row, column] = best + 1
    expected = patch_contrast(made.network.until("last", IMAGES).maps, labels)
    torch.testing.assert_close(loss, plain + 0.3 * expected)


def test_maps_lie_between_0_and_1_and_a_mirrored_image_has_mirrored_ones():
    made = module(scales=(1.0, 0.5))
    maps = made.maps(IMAGES)
    assert maps.shape == (2, 3, 64, 48)
    assert (maps.amin(dim=(2, 3)) == 0).all()
    assert ((maps.amax(dim=(2, 3)) - 1).abs() < 1e-5).logical_or(maps.amax(dim=(2, 3)) == 0).all()
    torch.testing.assert_close(made.maps(IMAGES.flip(3)), maps.flip(3), atol=1e-4, rtol=0)
    assert not torch.allclose(module(scales=(1.0,)).maps(IMAGES), maps, atol=1e-3)


def test_crops_reach_the_backbone_and_not_the_slower_projection():
    made, other = module(patches=0.0, crops=2.0, **BARE), module(patches=0.0, crops=1.0, **BARE)
    torch.manual_seed(1)
    loss, _ = made.learn(IMAGES, PRESENT)
    torch.manual_seed(1)
    single, _ = other.learn(IMAGES, PRESENT)
    plain, _ = module(patches=0.0, crops=0.0, **BARE).learn(IMAGES, PRESENT)
    assert single > plain
    torch.testing.assert_close(loss - plain, 2 * (single - plain))
    loss.backward()
    assert made.projection is not None
    assert made.slow is not None
    assert all(parameter.grad is not None for parameter in made.projection.parameters())
    assert all(parameter.grad is None for parameter in made.slow.parameters())
    assert made.network.backbone.get_parameter("cls_token").grad is not None


@pytest.mark.parametrize("change", [{"crop_count": 2}, {"crop_side": 16}, {"view_side": 48}, {"temperature": 1.0}])
def test_how_crops_are_compared_changes_the_loss(change: dict[str, Any]):
    losses = []
    for made in (module(**BARE), module(**{**BARE, **change})):
        torch.manual_seed(2)
        losses.append(made.learn(IMAGES, PRESENT)[0].item())
    assert losses[0] != losses[1]


def test_the_slower_projection_follows_with_every_step(monkeypatch: pytest.MonkeyPatch):
    made = module(slowness=0.75)
    assert made.projection is not None
    assert made.slow is not None
    monkeypatch.setattr(ToCoModule, "current_epoch", 0)
    with torch.no_grad():
        made.projection.directions.weight.add_(1)
    before = made.slow.directions.weight.clone()
    made.on_train_batch_start(None, 0)
    torch.testing.assert_close(made.slow.directions.weight, before + 0.25)
    assert any(key.startswith("slow.") for key in made.state_dict()), "a training that goes on needs it"


def test_a_small_transformer_learns_from_its_contrasts():
    network = small_family_network("vision_transformer")
    made = ToCoModule(network=network, fit=ToCoFit(**{**SMALL, "auxiliary": "block1"}), random_seed=0)
    loss, logits = made.learn(IMAGES, torch.ones(2, 4))
    assert logits.shape == (2, 4)
    assert loss.isfinite()
