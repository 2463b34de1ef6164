"""GAP classifiers: cut anywhere, to the bit, and what each offers beyond that."""

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.gap import GAPClassifier, check_frozen, with_backbone
from wsss.protocols import Attentive, Classifies, Graphical, LayerChain, LinearHead, Segments
from wsss.testing.families import FAMILIES, small_family_network
from wsss.types import Targets

Build = Callable[[str, int], GAPClassifier]
MEMBERS = [
    ("tf_efficientnet_lite0", 16),
    ("mobilenetv3_small_050", 32),
    ("resnet18", 16),
    ("vgg11_bn", 32),
    ("convnext_atto", 16),
    ("test_vit", 16),
]
every_member = pytest.mark.parametrize(("backbone", "output_stride"), MEMBERS)


@pytest.fixture
def images() -> Tensor:
    return torch.randn(2, 3, 45, 38, generator=torch.Generator().manual_seed(0))


@every_member
def test_the_rest_after_every_cut_is_the_whole_to_the_bit(
    classifier: Build, images: Tensor, backbone: str, output_stride: int
):
    network = classifier(backbone, output_stride)
    kept = images.clone()
    with torch.no_grad():
        logits = network(images)
        for block in network.blocks:
            cut = network.until(block, images)
            before = cut.maps.clone()
            for _ in range(2):
                assert torch.equal(network.after(block, cut), logits)
            assert torch.equal(cut.maps, before)
            assert cut.stride == network.strides[block]
    assert torch.equal(images, kept)
    assert logits.shape == (2, 4)
    assert logits.std() > 0


@every_member
def test_gradients_at_a_cut_are_those_of_the_whole(
    classifier: Build, images: Tensor, backbone: str, output_stride: int
):
    network = classifier(backbone, output_stride)
    for block in network.blocks:
        cut = network.until(block, images)
        (whole,) = torch.autograd.grad(network.after(block, cut)[:, 1].sum(), cut.maps)
        maps = cut.maps.detach().requires_grad_()
        (alone,) = torch.autograd.grad(network.after(block, cut.with_maps(maps))[:, 1].sum(), maps)
        assert torch.equal(alone, whole)
        assert whole.abs().sum() > 0


@every_member
def test_only_the_blocks_that_are_needed_run(classifier: Build, images: Tensor, backbone: str, output_stride: int):
    network = deepcopy(classifier(backbone, output_stride))
    ran = []
    for name, block in network._blocks.items():
        first = network.backbone.get_submodule(block.paths[0])
        first.register_forward_hook(lambda *_, name=name: ran.append(name))
    cut = network.until("block2", images)
    assert ran == ["stem", "block1", "block2"]
    ran.clear()
    network.after("block2", cut)
    assert ran == list(network.blocks[3:])


@every_member
def test_every_parameter_is_used_and_is_either_head_or_backbone(
    classifier: Build, images: Tensor, backbone: str, output_stride: int
):
    network = deepcopy(classifier(backbone, output_stride))
    network(images).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    split = [*network.backbone_parameters(), *network.head_parameters()]
    assert {id(p) for p in split} == {id(p) for p in network.parameters()}
    assert len(split) == len(list(network.parameters()))


def test_logits_are_the_means_of_the_maps_times_the_head(classifier: Build, images: Tensor):
    network = deepcopy(classifier("resnet18", 16)).double()
    with torch.no_grad():
        cams = torch.einsum("bdyx,cd->bcyx", network.until("last", images.double()).maps, network.head_weight)
        torch.testing.assert_close(cams.mean(dim=(2, 3)), network(images.double()))
    assert isinstance(network, LinearHead)
    assert network.channels == 512


def test_a_cut_of_chosen_images_goes_on_alone(classifier: Build, images: Tensor):
    network = classifier("resnet18", 16)
    targets = Targets.of([[0], [1, 2]])
    with torch.no_grad():
        cut = network.until("block2", images).take(targets.image)
        torch.testing.assert_close(network.after("block2", cut), network(images)[targets.image], atol=1e-4, rtol=1e-4)


@every_member
def test_autocast_and_channels_last(classifier: Build, images: Tensor, backbone: str, output_stride: int):
    network = deepcopy(classifier(backbone, output_stride)).to(memory_format=torch.channels_last)
    stacked = images.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        torch.testing.assert_close(network(stacked), classifier(backbone, output_stride)(images), atol=1e-3, rtol=1e-3)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(network.after("block1", network.until("block1", stacked)), network(stacked))


def test_an_image_of_one_stride_is_enough(classifier: Build):
    for backbone, output_stride in MEMBERS:
        with torch.no_grad():
            assert classifier(backbone, output_stride)(torch.ones(1, 3, output_stride, output_stride)).isfinite().all()


def test_an_unknown_block_is_refused_with_the_names(classifier: Build, images: Tensor):
    network = classifier("resnet18", 16)
    for ask in (
        lambda: network.until("layer4", images),
        lambda: network.after("layer4", network.until("stem", images)),
    ):
        with pytest.raises(ModelError, match="no 'layer4'; its blocks are stem, block1, block2, block3, last"):
            ask()


def test_a_copy_is_independent(classifier: Build, images: Tensor):
    network = deepcopy(classifier("resnet18", 16))
    nn.init.zeros_(network.backbone.conv1.weight)
    with torch.no_grad():
        assert not torch.equal(network(images), classifier("resnet18", 16)(images))


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_network_satisfies_only_what_its_backbone_has(family: str):
    network = small_family_network(family)
    assert isinstance(network, Classifies)
    assert isinstance(network, Attentive) == (family in ("vision_transformer", "eva"))
    assert isinstance(network, Graphical) == (family == "vig")
    assert isinstance(network, LayerChain) == (family not in ("vision_transformer", "eva", "vig"))
    assert not isinstance(network, Segments)


def test_a_block_and_those_before_keep_their_weights(classifier: Build):
    network = deepcopy(classifier("resnet18", 16))
    network.freeze_until(None)
    assert all(parameter.requires_grad for parameter in network.parameters())
    network.freeze_until("block1")
    kept = {name.split(".")[0] for name, p in network.backbone.named_parameters() if not p.requires_grad}
    assert kept == {"conv1", "bn1", "layer1"}


def test_what_does_not_pool_a_backbone_is_refused(classifier: Build):
    network = classifier("resnet18", 16)
    assert with_backbone(network) is network
    with pytest.raises(ModelError, match="a Linear does not pool the maps of a backbone: read a stage that"):
        with_backbone(nn.Linear(1, 1))
    check_frozen(network, block=None)
    with pytest.raises(ModelError, match="no 'block77'; its blocks are stem, block1"):
        check_frozen(network, block="block77")
