from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions, GAPClassifier, freeze_batch_norm
from wsss.protocols import LinearHead
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


def test_frozen_batch_norm_keeps_its_statistics_and_stays_trainable(classifier: Build, images: Tensor):
    network = deepcopy(classifier("resnet18", 16)).train()
    freeze_batch_norm(network)
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    before = [norm.running_mean.clone() for norm in norms]
    network(images).sum().backward()
    assert len(norms) == 20
    assert all(torch.equal(norm.running_mean, mean) for norm, mean in zip(norms, before, strict=True))
    assert all(norm.weight.requires_grad and norm.weight.grad is not None for norm in norms)
    assert network.training
    assert network.backbone.layer1.training


def test_a_copy_is_independent(classifier: Build, images: Tensor):
    network = deepcopy(classifier("resnet18", 16))
    nn.init.zeros_(network.backbone.conv1.weight)
    with torch.no_grad():
        assert not torch.equal(network(images), classifier("resnet18", 16)(images))


def test_a_skeleton_takes_the_state_of_what_was_built():
    options = ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
    built, skeleton = options.build(3), options.skeleton(3)
    assert isinstance(built, GAPClassifier)
    skeleton.load_state_dict(built.state_dict())
    assert built.head_weight.shape == (3, 288)
    assert "backbone.conv_stem.weight" in skeleton.state_dict()


def test_defaults_pass_the_check():
    ClassifierOptions().check()
    assert ClassifierOptions().weights_file() is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ClassifierOptions(backbone="vgg11", weights="none"), "output stride of 16; it can do 32"),
        (ClassifierOptions(backbone="resnet18"), "'packaged' fit tf_efficientnet_lite0 only, not resnet18"),
        (ClassifierOptions(backbone="resnet18", weights="no/such.pth"), "'no/such.pth': no such file"),
        (ClassifierOptions(backbone="resnetv2_18", weights="imagenet"), "ResNetV2"),
        (ClassifierOptions(backbone="resnet10t.x", weights="imagenet"), "no weights 'x'"),
    ],
)
def test_the_check_refuses_what_cannot_be_had(options: ClassifierOptions, message: str):
    with pytest.raises(ModelError, match=message):
        options.check()
    with pytest.raises(ModelError, match=message):
        options.build(2)


def test_an_outline_takes_no_memory_and_has_every_block():
    options = ClassifierOptions(backbone="resnet10t", weights="none", output_stride=32)
    outline, real = options.outline(), options.skeleton(1)
    assert {parameter.device.type for parameter in outline.parameters()} == {"meta"}
    assert (outline.blocks, outline.strides, outline.channels) == (real.blocks, real.strides, real.channels)
    assert outline.trained_paths_until("block2") == real.trained_paths_until("block2")
    assert options.outline() is outline


def test_an_outline_of_what_cannot_be_had_is_refused():
    with pytest.raises(ModelError, match="no network 'resnet1'"):
        ClassifierOptions(backbone="resnet1", weights="none").outline()
