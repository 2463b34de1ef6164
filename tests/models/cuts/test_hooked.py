from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks import TinyGAP, TinyMLP, shake
from torch import Tensor, nn
from torchvision.models import resnet18
from transformers import ViTConfig, ViTForImageClassification

from wsss.cams import (
    FDCAM,
    AblationCAM,
    CAMMethod,
    EigenCAM,
    GradCAM,
    GradCAMPlusPlus,
    HiResCAM,
    LayerCAM,
    ReciproCAM,
    ScoreCAM,
    XGradCAM,
)
from wsss.errors import ModelError
from wsss.models.cuts.grids import ChannelsFirst, ChannelsLast, Tokens
from wsss.models.cuts.hooked import Hooked, class_logits
from wsss.protocols import CutClassifier, LinearHead
from wsss.testing.families import small_family_network
from wsss.types import Targets

TARGETS = Targets.of([[0, 2], [1]])
METHODS: list[CAMMethod] = [
    AblationCAM(),
    EigenCAM(),
    FDCAM(),
    GradCAM(),
    GradCAMPlusPlus(),
    HiResCAM(),
    LayerCAM(),
    ReciproCAM(),
    ScoreCAM(),
    XGradCAM(),
]
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def images(side: int = 64) -> Tensor:
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(3))


def small_resnet() -> Any:
    return small_family_network("resnet")


def hooks(network: nn.Module) -> int:
    return sum(len(getattr(module, name)) for module in network.modules() for name in HOOKS)


@pytest.fixture(scope="module")
def resnet() -> Any:
    torch.manual_seed(0)
    return resnet18(weights=None, num_classes=4).eval()


@pytest.fixture(scope="module")
def vit() -> Any:
    torch.manual_seed(0)
    options = ViTConfig(
        image_size=64, patch_size=16, hidden_size=24, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48
    )
    options.num_labels = 4
    network = ViTForImageClassification(options).eval()
    shake(network)  # a fresh class token looks at nothing
    return network


class TwoInputs(nn.Module):
    """Images and a number in, a pair out; its layer returns channels last beside something else."""

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv2d(3, 5, 3, stride=4, padding=1)

        def forward(self, x: Tensor) -> tuple[Tensor, str]:
            return self.convolution(x).permute(0, 2, 3, 1), "beside"

    def __init__(self) -> None:
        super().__init__()
        self.odd = self.Odd()
        self.head = nn.Linear(5, 4)

    def forward(self, x: Tensor, number: Tensor) -> tuple[Tensor, str]:
        cells, beside = self.odd(x)
        assert beside == "beside"
        return self.head(nn.functional.relu(cells, inplace=True).mean(dim=(1, 2))) * number, "more"


def two_inputs() -> tuple[TwoInputs, Hooked]:
    torch.manual_seed(0)
    network = TwoInputs().eval()
    number = torch.tensor(3.0)
    return network, Hooked(network, {"odd": network.odd}, grid=ChannelsLast(), call=lambda x: network(x, number))


@pytest.mark.parametrize("layer", ["layer1", "layer4"])
def test_a_network_of_torchvision_goes_on_after_its_cut(resnet: Any, layer: str):
    hooked = Hooked(resnet, {layer: resnet.get_submodule(layer)})
    assert isinstance(hooked, CutClassifier)
    assert not isinstance(hooked, LinearHead)
    cut = hooked.until(layer, images())
    assert (cut.stride, hooked.stride) == ((4, 4) if layer == "layer1" else (32, 32))
    torch.testing.assert_close(hooked.after(layer, cut), resnet(images()))
    torch.testing.assert_close(hooked.after(layer, cut.take(torch.tensor([1, 1, 0]))), resnet(images()[[1, 1, 0]]))


def test_gradients_of_the_tail_are_those_of_the_whole_network(resnet: Any):
    """Grad-CAM's own definition, with the output of layer3 retained by hand."""
    kept: list[Tensor] = []
    handle = resnet.layer3.register_forward_hook(
        lambda _m, _i, output: kept.append(output.detach().requires_grad_()) or kept[0]
    )
    logits = resnet(images())
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[0, 2] + logits[1, 1], kept[0])
    expected = torch.einsum("nd,ndyx->nyx", gradient.mean(dim=(2, 3)), kept[0].detach())
    maps = GradCAM(block="layer3")(Hooked(resnet, {"layer3": resnet.layer3}), images(), Targets.of([[2], [1]]))
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
@pytest.mark.parametrize(
    ("cut", "layer"),
    [(TinyGAP, "last"), (TinyMLP, "last"), (lambda: small_family_network("resnet"), "backbone.layer4")],
)
def test_maps_are_those_of_the_network_that_can_be_cut(method: CAMMethod, cut: Callable[[], Any], layer: str):
    network = cut().eval()
    hooked = Hooked(network, {"last": network.get_submodule(layer)})
    torch.testing.assert_close(
        method(hooked, images(48), TARGETS), method(network, images(48), TARGETS), rtol=1e-4, atol=1e-5
    )


def test_a_transformer_of_transformers(vit: Any):
    layer = vit.vit.encoder.layer[1] if hasattr(vit.vit, "encoder") else vit.vit.layers[1]
    hooked = Hooked(vit, {"last": layer}, grid=Tokens(patch=16), stride=16)
    cut = hooked.until("last", images())
    assert cut.maps.shape == (2, 24, 4, 4)
    torch.testing.assert_close(hooked.after("last", cut), vit(images()).logits)
    maps = GradCAM()(hooked, images(), TARGETS)
    assert maps.shape == (3, 4, 4)
    # By hand: the patches' tokens and the gradient of the logit with respect to them, without the class token.
    kept: list[Tensor] = []

    def leaf(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        tokens = (output if isinstance(output, Tensor) else output[0]).detach().requires_grad_()
        kept.append(tokens)
        return tokens if isinstance(output, Tensor) else (tokens, *output[1:])

    handle = layer.register_forward_hook(leaf)
    logits = vit(images()).logits
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[1, 1], kept[0])
    expected = (gradient[1, 1:].mean(dim=0) * kept[0][1, 1:]).sum(dim=1).detach().reshape(4, 4)
    torch.testing.assert_close(maps[2], expected, rtol=1e-4, atol=1e-6)


def test_an_odd_layer_of_a_network_with_two_inputs():
    network, hooked = two_inputs()
    cut = hooked.until("odd", images())
    assert cut.maps.shape == (2, 5, 16, 16)
    expected = network(images(), torch.tensor(3.0))[0]
    torch.testing.assert_close(hooked.after("odd", cut), expected)
    torch.testing.assert_close(hooked(images()), expected)
    assert HiResCAM(block="odd")(hooked, images(), TARGETS).shape == (3, 16, 16)


def test_kept_maps_are_the_layer_s_own_whatever_works_on_them_in_place():
    network, hooked = two_inputs()
    maps = hooked.until("odd", images()).maps
    assert maps.min() < 0, "the network's next step is a ReLU in place"
    torch.testing.assert_close(maps, network.odd.convolution(images()))


def test_the_stride_is_measured_along_the_height(resnet: Any):
    hooked = Hooked(resnet, {"layer2": resnet.layer2})
    assert hooked.until("layer2", torch.zeros(1, 3, 33, 64)).stride == 7  # 5 rows of 33 pixels, and 8 columns of 64


def test_hooks_go_with_the_call(resnet: Any):
    hooked = Hooked(resnet, {"layer4": resnet.layer4})
    GradCAM(block="layer4")(hooked, images(), TARGETS)
    assert hooks(resnet) == 0
    with pytest.raises(ModelError, match="this network has no 'layer5'; its blocks are layer4"):
        hooked.until("layer5", images())
    with pytest.raises(ModelError, match=r"shape \[1, 3, 64, 64\], float16 on cpu: it says"):
        hooked.until("layer4", torch.zeros(1, 3, 64, 64, dtype=torch.float16))  # the weights are of another type
    with pytest.raises(ModelError, match="does not take images"):
        hooked.after("layer4", hooked.until("layer4", images()).with_maps(torch.zeros(2, 3, 2, 2)))
    assert hooks(resnet) == 0
    assert torch.is_grad_enabled()


def test_nothing_before_the_block_is_differentiated(resnet: Any):
    hooked = Hooked(resnet, {"layer4": resnet.layer4})
    cut = hooked.until("layer4", images())
    maps = cut.maps.detach().requires_grad_()
    hooked.after("layer4", cut.with_maps(maps)).sum().backward()
    assert maps.grad is not None
    assert resnet.conv1.weight.grad is None
    assert resnet.fc.weight.grad is not None
    resnet.zero_grad()


def test_what_lies_before_the_block_keeps_nothing_for_a_backward_pass(resnet: Any):
    hooked, kept = Hooked(resnet, {"layer4": resnet.layer4}), list[bool]()
    cut = hooked.until("layer4", images())
    layers = [resnet.layer1, resnet.avgpool]
    handles = [layer.register_forward_hook(lambda *_: kept.append(torch.is_grad_enabled())) for layer in layers]
    hooked.after("layer4", cut)
    for handle in handles:
        handle.remove()
    assert kept == [False, True]


def test_layers_that_are_not_the_networks_are_refused(resnet: Any):
    with pytest.raises(ModelError, match="not layers of the network: other"):
        Hooked(resnet, {"other": nn.ReLU()})
    with pytest.raises(ModelError, match="no layer is named"):
        Hooked(resnet, {})


def test_a_layer_that_runs_twice_or_never_is_refused():
    shared = nn.ReLU()
    network = nn.Sequential(
        nn.Conv2d(3, 4, 1), shared, nn.Conv2d(4, 4, 1), shared, nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    with pytest.raises(ModelError, match="'relu' ran 2 times in one pass"):
        Hooked(network, {"relu": shared}).until("relu", images())


def test_the_grid_of_a_layer_is_found(vit: Any):
    """A transformer's tokens, and channels last of a network whose layers would else be taken for seven channels."""
    found = Hooked(vit, {"last": vit.vit.layernorm}).until("last", images())
    told = Hooked(vit, {"last": vit.vit.layernorm}, grid=Tokens(patch=16)).until("last", images())
    assert torch.equal(found.maps, told.maps)
    network, hooked = two_inputs()
    found = Hooked(network, {"odd": network.odd}, call=lambda x: network(x, torch.tensor(3.0))).until("odd", images())
    assert torch.equal(found.maps, hooked.until("odd", images()).maps)


def test_a_layer_of_windows_is_refused():
    class Windows(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.unflatten(2, (2, -1)).permute(0, 2, 1, 3, 4).flatten(0, 1)

    network = nn.Sequential(windows := Windows(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(ModelError, match="returns 4 tensors for 2 images, as layers that work on windows do"):
        Hooked(network, {"windows": windows}).until("windows", images())


def test_a_layer_without_a_grid_is_refused(resnet: Any, vit: Any):
    with pytest.raises(ModelError, match=r"shape \[2, 4\], in which there is no grid.*Tokens"):
        Hooked(resnet, {"fc": resnet.fc}).until("fc", images())
    layer = vit.vit.layernorm
    with pytest.raises(ModelError, match=r"shape \[2, 17, 24\], which is not channels first.*Tokens"):
        Hooked(vit, {"norm": layer}, grid=ChannelsFirst()).until("norm", images())
    with pytest.raises(ModelError, match="17 tokens are fewer than the 8 x 8 patches of 8 pixels"):
        Hooked(vit, {"norm": layer}, grid=Tokens(patch=8)).until("norm", images())


def test_logits_are_found_in_what_networks_return():
    logits = torch.ones(1, 2)
    assert class_logits(logits) is logits
    assert class_logits((logits, "more")) is logits
    assert class_logits({"loss": None, "logits": logits}) is logits
    assert class_logits({"out": logits, "aux": None}) is logits
    detections = [{"boxes": torch.zeros(0, 4)}]
    assert class_logits(detections) is detections
    with pytest.raises(ModelError, match="the network returns a str: pass logits="):
        class_logits("answer")
