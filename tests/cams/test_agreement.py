"""The same maps from three independent libraries, and who is wrong where they differ.

Left out are views: libraries subtract each map's minimum, resize it, and subtract the minimum again.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import pytorch_grad_cam as jacobgil
import torch
import torchcam.methods as torchcam
from captum.attr import LayerFeatureAblation, LayerGradCam, LayerGradientXActivation
from networks import TinyMLP, one_by_one
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection_with_sign_correction
from torch import Tensor, nn
from torch.nn import functional

from wsss import cams
from wsss.cams import CAMMethod
from wsss.cams.base import weighted_sum
from wsss.testing.families import small_family_network
from wsss.types import Targets

CLASSES = [2, 0, 3]
TARGETS = Targets.of([[cls] for cls in CLASSES])
LAYERS = [("resnet", "last", "backbone.layer4"), ("resnet", "block3", "backbone.layer3"), ("mlp", "block1", "block1")]


def images(height: int = 48, width: int = 32) -> Tensor:
    return torch.randn(3, 3, height, width, generator=torch.Generator().manual_seed(5))


def network(name: str, *, logits: float = 1.0) -> Any:
    """A network of one's own, since libraries leave gradients behind; its logits multiplied by a number."""
    net: Any = TinyMLP() if name == "mlp" else deepcopy(small_family_network(name))
    with torch.no_grad():
        for parameter in net.head[-1].parameters() if name == "mlp" else net.head.parameters():
            parameter.mul_(logits)
    return net


def by_torchcam(method: Callable[..., Any], net: nn.Module, layer: str, *, x: Tensor) -> Tensor:
    """The maps after a ReLU, not scaled."""
    with method(net, layer) as extractor:
        scores = net(x)
        (maps,) = extractor(class_idx=CLASSES, scores=scores, normalized=False)
    return maps.detach()


def by_jacobgil(method: Callable[..., Any], net: nn.Module, layer: str, *, x: Tensor) -> Tensor:
    """The maps before the ReLU, not scaled."""
    targets = [ClassifierOutputTarget(cls) for cls in CLASSES]
    module = net.get_submodule(layer)
    with method(model=net, target_layers=[module]) as cam:
        cam(input_tensor=x, targets=targets)
        maps, gradients = ([each.numpy() for each in part] for part in kept(cam))
        return torch.from_numpy(
            cam.get_cam_image(x, module, targets, maps[0], gradients[0] if gradients else None, eigen_smooth=False)
        )


def kept(cam: Any) -> tuple[list[Tensor], list[Tensor]]:
    return cam.activations_and_grads.activations, cam.activations_and_grads.gradients


def close(a: Tensor, b: Tensor, *, rtol: float = 1e-4) -> bool:
    return torch.allclose(a.float(), b.float(), rtol=rtol, atol=1e-5 * float(b.abs().max()))


# --- where everybody agrees


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cams.GradCAM, torchcam.GradCAM),
        (cams.XGradCAM, torchcam.XGradCAM),
        (cams.LayerCAM, torchcam.LayerCAM),
    ],
)
def test_torchcam_agrees(ours: type[CAMMethod], theirs: type, name: str, block: str, layer: str):
    net, x = network(name), images()
    assert close(ours(block=block)(net, x, TARGETS).relu(), by_torchcam(theirs, net, layer, x=x))


def test_torchcam_agrees_on_cam():
    net, x = network("resnet"), images()
    with torchcam.CAM(net, "backbone.layer4", "head") as extractor, torch.no_grad():
        net(x)
        (maps,) = extractor(class_idx=CLASSES, normalized=False)
    assert close(cams.CAM()(net, x, TARGETS), maps)


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cams.GradCAM, jacobgil.GradCAM),
        (cams.XGradCAM, jacobgil.XGradCAM),
        (cams.LayerCAM, jacobgil.LayerCAM),
        (cams.HiResCAM, jacobgil.HiResCAM),
    ],
)
def test_pytorch_grad_cam_agrees(ours: type[CAMMethod], theirs: type, name: str, block: str, layer: str):
    net, x = network(name), images()
    assert close(ours(block=block)(net, x, TARGETS), by_jacobgil(theirs, net, layer, x=x))


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
def test_captum_agrees(name: str, block: str, layer: str):
    net, x = network(name), images()
    module = net.get_submodule(layer)
    gradcam = LayerGradCam(net, module).attribute(x, target=CLASSES)[:, 0]
    hirescam = LayerGradientXActivation(net, module).attribute(x, target=CLASSES).sum(dim=1)
    assert close(cams.GradCAM(block=block)(net, x, TARGETS), gradcam.detach())
    assert close(cams.HiResCAM(block=block)(net, x, TARGETS), hirescam.detach())


def test_all_agree_on_scorecam_where_masks_need_no_upsampling():
    net, x = network("vgg", logits=0.01), images(20, 16)
    ours = cams.ScoreCAM(block="stem")(net, x, TARGETS)
    assert close(ours, by_torchcam(torchcam.ScoreCAM, net, "backbone.features.1", x=x))
    assert close(ours, by_jacobgil(jacobgil.ScoreCAM, net, "backbone.features.1", x=x))


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
def test_captum_agrees_on_ablationcam(name: str, block: str, layer: str):
    net, x = network(name), images()
    assert close(cams.AblationCAM(block=block)(net, x, TARGETS), ablation_by_captum(net, layer, x=x))


def ablation_by_captum(net: nn.Module, layer: str, *, x: Tensor) -> Tensor:
    """The maps from what a logit loses with every channel."""
    maps, module = outputs_of(net, layer, x=x), net.get_submodule(layer)
    channels = torch.arange(maps.shape[1])[None, :, None, None]
    lost = LayerFeatureAblation(net, module).attribute(x, target=CLASSES, layer_mask=channels)
    return weighted_sum(maps, lost.mean(dim=(2, 3)))


def outputs_of(net: nn.Module, layer: str, *, x: Tensor) -> Tensor:
    found = list[Tensor]()
    handle = net.get_submodule(layer).register_forward_hook(lambda *of: found.append(of[2].detach().clone()))
    net(x)
    handle.remove()
    return found[0]


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
def test_pytorch_grad_cam_agrees_on_ablationcam_but_for_a_division_by_the_logit(name: str, block: str, layer: str):
    net, x = network(name), images()
    logits = net(x).detach()[torch.arange(3), torch.tensor(CLASSES)]
    theirs = by_jacobgil(jacobgil.AblationCAM, net, layer, x=x) * logits[:, None, None]
    assert close(cams.AblationCAM(block=block)(net, x, TARGETS), theirs, rtol=1e-3)


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
def test_pytorch_grad_cam_agrees_on_eigencam_but_for_the_sign(name: str, block: str, layer: str):
    """It leaves the sign to the decomposition, so that its ReLU may keep the background; its Seg-Eigen-CAM does not."""
    net, x = network(name), images()
    ours = cams.EigenCAM(block=block)(net, x, TARGETS)
    assert close(ours.abs(), by_jacobgil(jacobgil.EigenCAM, net, layer, x=x).abs(), rtol=1e-3)
    signed = torch.from_numpy(get_2d_projection_with_sign_correction(outputs_of(net, layer, x=x).numpy()))
    assert close(ours, signed, rtol=1e-3)


# --- where they differ, and who is wrong


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
def test_torchcam_never_divides_in_gradcam_plusplus(name: str, block: str, layer: str):
    """torch-cam 0.5.0 is wrong: `alpha[mask].div_(...)` divides a copy, and alpha stays the squared gradient.

    Its denominator would be wrong as well: it sums A G^3 where the paper has the sum of A, times G^3.
    """
    net, x = network(name, logits=100.0), images()
    theirs = by_torchcam(torchcam.GradCAMpp, net, layer, x=x)
    activations, gradients = activations_of(net, block, x=x)
    undivided = (gradients**2 * gradients.relu()).sum(dim=(2, 3))
    assert close(theirs, weighted_sum(activations, undivided))
    ours = cams.GradCAMPlusPlus(block=block)(net, x, TARGETS)
    assert not close(unit(ours), unit(theirs), rtol=0.005)
    assert close(ours, by_jacobgil(jacobgil.GradCAMPlusPlus, net, layer, x=x), rtol=1e-3)


def activations_of(net: Any, block: str, *, x: Tensor) -> tuple[Tensor, Tensor]:
    pairs = one_by_one(net, block, x, TARGETS)
    return torch.stack([maps for maps, _ in pairs]).float(), torch.stack([g for _, g in pairs]).float()


def unit(maps: Tensor) -> Tensor:
    return maps / maps.amax(dim=(1, 2), keepdim=True)


@pytest.mark.parametrize(("name", "block", "layer"), LAYERS)
def test_pytorch_grad_cams_small_number_swallows_small_gradients(name: str, block: str, layer: str):
    """pytorch-grad-cam 1.5.7 is wrong where squared gradients are no larger than the 1e-6 that it adds to them."""
    net, x = network(name, logits=0.001), images()
    activations, gradients = (part.double() for part in activations_of(net, block, x=x))
    total, positive = activations.sum(dim=(2, 3), keepdim=True), torch.where(gradients > 0, gradients, 1)

    def papers(added: float) -> Tensor:
        alpha = positive**2 / (2 * positive**2 + total * positive**3 + added)
        return weighted_sum(activations, (alpha * gradients.relu()).sum(dim=(2, 3))).float()

    ours = cams.GradCAMPlusPlus(block=block)(net, x, TARGETS)
    theirs = by_jacobgil(jacobgil.GradCAMPlusPlus, net, layer, x=x)
    assert close(ours, papers(0.0), rtol=1e-3)
    assert close(theirs, papers(1e-6), rtol=1e-3)
    assert (theirs < 0.1 * ours)[ours > 0].all()


def test_libraries_make_other_masks_in_scorecam():
    """The paper's masks are upsampled, then scaled.

    torch-cam scales first, so that its masks need not reach 0 and 1. pytorch-grad-cam moves the centres of the
    outermost cells onto the image's border, so that its masks do not lie where their cells look.
    """
    net, x = network("mlp"), images()
    ours = cams.ScoreCAM(block="block1")(net, x, TARGETS)
    assert close(ours, score_cam(net, x=x, mask=lambda maps: to_one(upsampled(maps))))
    theirs = by_torchcam(torchcam.ScoreCAM, net, "block1", x=x)
    assert close(theirs, score_cam(net, x=x, mask=lambda maps: upsampled(to_one(maps))))
    assert not close(theirs, ours)
    theirs = by_jacobgil(jacobgil.ScoreCAM, net, "block1", x=x)
    assert close(theirs, score_cam(net, x=x, mask=lambda maps: to_one(upsampled(maps, align_corners=True))))
    assert not close(theirs, ours)


def upsampled(maps: Tensor, *, align_corners: bool = False) -> Tensor:
    return functional.interpolate(maps[:, None], size=(48, 32), mode="bilinear", align_corners=align_corners)[:, 0]


def to_one(maps: Tensor) -> Tensor:
    above = maps - maps.amin(dim=(1, 2), keepdim=True)
    return above / (above.amax(dim=(1, 2), keepdim=True) + 1e-8)


@torch.no_grad()
def score_cam(net: Any, *, x: Tensor, mask: Callable[[Tensor], Tensor]) -> Tensor:
    maps = net.until("block1", x).maps
    scores = [net(mask(own)[:, None] * image)[:, cls] for own, image, cls in zip(maps, x, CLASSES, strict=True)]
    return weighted_sum(maps, torch.stack(scores).softmax(dim=1)).relu()


def test_pytorch_grad_cam_ablates_nothing_where_no_activation_is_0():
    """pytorch-grad-cam 1.5.7 is wrong there: it sets a channel to its minimum less 1e7, and says so. captum has 0."""
    net, x = network("convnext"), images(64, 48)
    ours = cams.AblationCAM(block="block1")(net, x, TARGETS)
    assert close(ours, ablation_by_captum(net, "backbone.stages.0", x=x), rtol=1e-3)
    theirs = by_jacobgil(jacobgil.AblationCAM, net, "backbone.stages.0", x=x)
    assert not torch.allclose(unit(ours).abs(), unit(theirs).abs(), rtol=0.05, atol=0.05)


def test_pytorch_grad_cam_subtracts_the_minimum():
    """Fine for a picture, wrong for a seed: where an object fills the image, its weakest part becomes background."""
    net, x = network("resnet"), images()
    everywhere = unit(cams.GradCAMPlusPlus()(net, x, TARGETS))
    with jacobgil.GradCAMPlusPlus(model=net, target_layers=[net.backbone.layer4]) as cam:
        theirs = cam(input_tensor=x, targets=[ClassifierOutputTarget(cls) for cls in CLASSES])
    assert everywhere.min() > 0.9
    assert theirs.min(axis=(1, 2)).tolist() == [0, 0, 0]
