from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from networks import TinyGAP
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from wsss.cams import FGCAM, AblationCAM, GradCAM, HiResCAM, ScoreCAM
from wsss.cams.base import WeightedCAM
from wsss.cams.fgcam import denoised
from wsss.cams.relevance import Pooling
from wsss.errors import ModelError
from wsss.testing.families import small_family_network
from wsss.types import Cut, Targets

FAMILIES = ["vgg", "resnet", "efficientnet_lite", "mobilenetv3"]
TARGETS = Targets.of([[0, 2], [1]])
every_family = pytest.mark.parametrize("family", FAMILIES)


class Pooled:
    """The maximum of the image's first two colours, and 4 times the first less 2 times the second as the logit."""

    blocks = ("stem", "last")
    stride = 2

    def until(self, block: str, images: Tensor) -> Cut:
        maps = images[:, :2]
        return Cut(maps=maps if block == "stem" else nn.functional.max_pool2d(maps, 2), stride=2)

    def after(self, block: str, cut: Cut) -> Tensor:
        assert block == "last"
        return cut.maps.mean(dim=(2, 3)) @ torch.tensor([[4.0], [-2.0]])

    def layers(self, block: str) -> tuple[Pooling, ...]:
        assert block == "last"
        return (Pooling(step=nn.MaxPool2d(2)),)


def images(height: int = 37, width: int = 29) -> Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(5))


def without_negative_numbers(family: str) -> Any:
    """A network whose maps are all positive, or 0 at most: its layers are linear but for the choice of a maximum."""
    network = deepcopy(small_family_network(family))
    with torch.no_grad():
        for module in network.backbone.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.copy_(module.weight.abs() / module.weight[0].numel())
                if module.bias is not None:
                    module.bias.zero_()
            if isinstance(module, _BatchNorm):
                module.weight.copy_(module.weight.abs() + 0.1)
                module.bias.zero_()
                module.running_mean.zero_()
    return network


def test_by_hand():
    image = torch.tensor([[[1.0, 2.0], [4.0, 3.0]], [[0.0, 5.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])[None]
    # Components 4 * 4 and -2 * 5 go back to where the maxima were.
    assert FGCAM(block="stem")(Pooled(), image, Targets.of([[0]])).tolist() == [[[0, -10], [16, 0]]]
    assert FGCAM(block="last")(Pooled(), image, Targets.of([[0]])).tolist() == [[[6]]]


@every_family
@pytest.mark.parametrize("base", [GradCAM(), ScoreCAM(score="softmax", weights="scores"), AblationCAM(block="block2")])
def test_at_the_bases_block_it_is_the_base(family: str, base: WeightedCAM):
    network = small_family_network(family)
    raw = FGCAM(block=base.block, base=base)(network, images(), TARGETS)
    assert torch.equal(raw, base(network, images(), TARGETS))


@every_family
def test_maps_have_the_resolution_of_their_block(family: str):
    network = small_family_network(family)
    for block in network.blocks:
        expected = network.until(block, images()).maps.shape[2:]
        assert FGCAM(block=block)(network, images(), TARGETS).shape == (3, *expected)
    assert FGCAM(block="image")(network, images(), TARGETS).shape == (3, 37, 29)


@pytest.mark.parametrize("family", ["vgg", "resnet", "efficientnet_lite"])
def test_without_negative_numbers_it_is_activation_times_gradient(family: str):
    network, positive = without_negative_numbers(family), images().abs()
    for block in network.blocks:
        raw = FGCAM(block=block)(network, positive, TARGETS)
        expected = HiResCAM(block=block)(network, positive, TARGETS)
        assert expected.abs().max() > 0
        assert torch.allclose(raw, expected, rtol=1e-3, atol=1e-5 * float(expected.abs().max()))


@pytest.mark.parametrize("family", ["vgg", "resnet", "efficientnet_lite"])
@pytest.mark.parametrize("denoise", [None, 0.5])
def test_nothing_is_lost_or_made_down_to_the_image(family: str, denoise: float | None):
    network, positive = without_negative_numbers(family), images(64, 48).abs()
    base = FGCAM(block="last", denoise=denoise)(network, positive, TARGETS)
    raw = FGCAM(block="image", denoise=denoise)(network, positive, TARGETS)
    size = base.abs().sum(dim=(1, 2))
    assert ((raw.sum(dim=(1, 2)) - base.sum(dim=(1, 2))).abs() < 1e-4 * size).all()


@every_family
def test_cells_without_activation_get_nothing(family: str):
    network = small_family_network(family)
    for block in network.blocks[:-1]:
        empty = (network.until(block, images()).maps[TARGETS.image] == 0).all(dim=1)
        assert (FGCAM(block=block)(network, images(), TARGETS)[empty] == 0).all()


@every_family
def test_layers_run_in_single_precision_inside_autocast(family: str):
    network, method = small_family_network(family), FGCAM(block="image")
    expected = method(network, images(), TARGETS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(method(network, images(), TARGETS), expected)


@pytest.mark.parametrize("shape", [(5, 3, 4), (12, 3, 3), (9, 3, 3)])
def test_all_singular_values_rebuild_the_centred_components(shape: tuple[int, ...]):
    components = torch.randn(2, *shape)
    centred = components - components.mean(dim=(2, 3), keepdim=True)
    assert torch.allclose(denoised(components, keep=1.0), centred, atol=1e-5)


@pytest.mark.parametrize(("shape", "keep", "kept"), [((20, 5, 6), 0.1, 2), ((8, 5, 6), 0.5, 4), ((6, 3, 3), 0.1, 1)])
def test_denoising_keeps_the_largest_singular_triplets(shape: tuple[int, ...], keep: float, kept: int):
    components = torch.randn(3, *shape)
    for found, before in zip(denoised(components, keep=keep), components.double().numpy(), strict=True):
        rows = before.reshape(shape[0], -1)
        left, values, right = np.linalg.svd(rows - rows.mean(axis=1, keepdims=True), full_matrices=False)
        values[kept:] = 0
        expected = torch.from_numpy((left * values) @ right).float().reshape(shape)
        assert torch.allclose(found, expected, atol=1e-4)


def test_the_share_that_is_asked_for_is_kept():
    network = small_family_network("vgg")
    large = images(224, 192)  # of more than one row of cells, whose components have several singular values
    maps, weights = GradCAM().channel_weights(network, large, TARGETS)
    components = maps * weights[:, :, None, None]
    expected, whole = (denoised(components, keep=keep).sum(dim=1) for keep in (0.3, 1.0))
    torch.testing.assert_close(FGCAM(block="last", denoise=0.3)(network, large, TARGETS), expected)
    assert not torch.allclose(expected, whole, atol=float(whole.abs().max()) / 100)


def test_denoising_changes_what_is_carried():
    network = small_family_network("vgg")
    plain, clean = (FGCAM(denoise=denoise)(network, images(), TARGETS) for denoise in (None, 0.1))
    assert plain.shape == clean.shape
    assert not torch.allclose(plain, clean, atol=float(plain.abs().max()) / 100)


@pytest.mark.parametrize("denoise", [0.0, -0.1, 1.5])
def test_a_share_that_is_none_is_refused(denoise: float):
    with pytest.raises(ValueError, match="denoise must be a share above 0 and up to 1"):
        FGCAM(denoise=denoise)


@every_family
def test_fits_networks_whose_layers_are_known(family: str):
    FGCAM().check(small_family_network(family))
    FGCAM(block="image").check(small_family_network(family))


def test_refuses_what_it_cannot_cross():
    with pytest.raises(ModelError, match="layers are known, such as classifier=vgg16"):
        FGCAM().check(small_family_network("vision_transformer"))
    with pytest.raises(ModelError, match=r"cannot cross a ConvNeXtStage: .*classifier=vgg16"):
        FGCAM(block="stem").check(small_family_network("convnext"))
    with pytest.raises(ModelError, match="layers are known, such as classifier=vgg16"):
        FGCAM(block="stem").check(TinyGAP())


def test_refuses_a_block_behind_the_bases():
    network = small_family_network("vgg")
    with pytest.raises(ModelError, match=r"cam\.block=last comes after cam\.base\.block=block3"):
        FGCAM(block="last", base=GradCAM(block="block3")).check(network)
    with pytest.raises(ModelError, match="block7 is not among"):
        replace(FGCAM(), base=GradCAM(block="block7")).check(network)
