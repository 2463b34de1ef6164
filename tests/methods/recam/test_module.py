"""ReCAM's training: its loss by hand and against the form that the authors' code has, and what its gradients reach."""

from typing import Any

import pytest
import torch
from networks import CLASSES, small_timm_network
from torch import Tensor, nn
from torch.nn import functional

from wsss.cams import CAM
from wsss.methods.recam.module import ReCAMModule, class_features, softmax_loss
from wsss.methods.recam.options import ReCAMFit
from wsss.methods.recam.stage import heads
from wsss.training.classifier import ClassifierModule, soft_margin
from wsss.training.options import ClassifierFit
from wsss.types import Targets


@pytest.fixture
def maps() -> Tensor:
    return torch.randn(3, 5, 2, 4)


@pytest.fixture
def weight() -> Tensor:
    return torch.randn(CLASSES, 5)


def module_of(**options: Any) -> ReCAMModule:
    torch.manual_seed(3)
    module = ReCAMModule(network=small_timm_network(), fit=ReCAMFit(**options), random_seed=0)
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    module.train()
    return module


def batch() -> tuple[Tensor, Tensor]:
    present = torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]])
    return torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(5)), present


def gradients(module: nn.Module) -> dict[str, Tensor]:
    return {name: p.grad for name, p in module.named_parameters() if p.grad is not None}


def test_a_class_s_features_by_hand():
    # Class 0 weighs the only channel by 1: its CAM is 2, -1; the mask is 1, 0; the mean of mask * maps is 2 / 2.
    # Class 1 weighs it by -2: the CAM is -4, 2; the mask is 0, 1; and the mean is -1 / 2.
    maps = torch.tensor([[[[2.0, -1.0]]]])
    features = class_features(maps, torch.tensor([[1.0], [-2.0]]))
    torch.testing.assert_close(features, torch.tensor([[[1.0], [-0.5]]]), atol=1e-5, rtol=0)


def test_the_softmax_by_hand():
    # The first image shows both classes, and the second none.
    features = torch.tensor([[[3.0], [4.0]], [[7.0], [7.0]]]).log()
    weight = torch.tensor([[1.0], [0.0]])
    present = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    # Class 0's features give the logits (ln 3, 0), so -ln(3/4), and class 1's (ln 4, 0), so -ln(1/5).
    expected = (torch.tensor(4 / 3).log() + torch.tensor(5.0).log()) / 2 / 2
    torch.testing.assert_close(softmax_loss(features, weight, present=present), expected)


def test_features_are_those_of_the_form_that_holds_every_masked_map(maps: Tensor, weight: Tensor):
    cams = functional.conv2d(maps, weight[:, :, None, None]).relu()
    masks = cams / (cams.amax(dim=(2, 3), keepdim=True) + 1e-5)
    naive = (masks[:, :, None] * maps[:, None]).mean(dim=(3, 4))
    torch.testing.assert_close(class_features(maps, weight), naive)
    # What a mask is of a map that is its own, all positive: its maximum is 1 less a hundred-thousandth.
    ones = torch.full((1, 1, 1, 1), 2.0)
    assert 1 - 1e-5 < class_features(ones, torch.ones(1, 1)).item() / 2 < 1


def test_gradients_flow_through_the_masks_and_their_maxima(maps: Tensor, weight: Tensor):
    maps, weight = maps.double().requires_grad_(), weight.double().requires_grad_()

    def double(maps: Tensor, weight: Tensor) -> Tensor:
        cams = torch.einsum("bdyx,cd->bcyx", maps, weight).relu()
        masks = cams / (cams.flatten(2).max(dim=2).values[:, :, None, None] + 1e-5)
        return (masks[:, :, None] * maps[:, None]).mean(dim=(3, 4))

    expected = torch.autograd.grad(double(maps, weight).square().sum(), (maps, weight))
    own = torch.autograd.grad(class_features(maps, weight).square().sum(), (maps, weight))
    for found, right in zip(own, expected, strict=True):
        torch.testing.assert_close(found, right, atol=1e-3, rtol=1e-3)


def test_absent_classes_have_no_say(maps: Tensor, weight: Tensor):
    present = torch.tensor([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    features = class_features(maps, weight).requires_grad_()
    loss = softmax_loss(features, torch.randn(CLASSES, 5), present=present)
    (gradient,) = torch.autograd.grad(loss, features)
    assert torch.equal(gradient.abs().sum(dim=2) > 0, present.bool())


def test_the_order_of_classes_does_not_matter(maps: Tensor, weight: Tensor):
    present = torch.tensor([[1.0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 0, 1]])
    second, order = torch.randn(CLASSES, 5), torch.tensor([2, 0, 3, 1])
    loss = softmax_loss(class_features(maps, weight), second, present=present)
    other = softmax_loss(class_features(maps, weight[order]), second[order], present=present[:, order])
    torch.testing.assert_close(loss, other)


def test_images_that_show_nothing_cost_nothing(maps: Tensor, weight: Tensor):
    weight, second = weight.requires_grad_(), torch.randn(CLASSES, 5, requires_grad=True)
    maps[1] = -1  # and an empty mask divides by no zero
    loss = softmax_loss(class_features(maps, weight.abs()), second, present=torch.zeros(3, CLASSES))
    loss.backward()
    assert loss.item() == 0
    assert weight.grad is not None
    assert second.grad is not None
    assert not weight.grad.any()
    assert not second.grad.any()


def test_without_the_softmax_it_is_the_classifier_s_training():
    images, present = batch()
    recam = module_of(sce_weight=0.0)
    plain = ClassifierModule(network=small_timm_network(), fit=ClassifierFit(), random_seed=0)
    plain.train()
    loss = recam.learn(images, present)[0]
    assert loss.item() == soft_margin(recam.network(images), present).item()
    loss.backward()
    soft_margin(plain.network(images), present).backward()
    for name, gradient in gradients(plain.network).items():
        torch.testing.assert_close(gradients(recam.network)[name], gradient, atol=1e-7, rtol=1e-5)
    assert recam.second.weight.grad is not None
    assert not recam.second.weight.grad.any(), "it would only decay"


def test_the_softmax_reaches_the_whole_network_as_much_as_it_counts():
    images, present = batch()
    found = []
    for sce_weight in (0.0, 1.0, 2.0):
        module = module_of(sce_weight=sce_weight)
        loss = module.learn(images, present)[0]
        loss.backward()
        found.append((loss.item(), gradients(module)))
    (none, _), (once, first), (twice, second) = found
    assert twice - none == pytest.approx(2 * (once - none), rel=1e-4)
    assert once > none
    assert first.keys() == dict(module_of().named_parameters()).keys()
    torch.testing.assert_close(second["second.weight"], 2 * first["second.weight"])
    margin = found[0][1]
    assert all(not torch.equal(first[name], margin[name]) for name in ("network.head.weight", "second.weight"))


def test_half_precision_is_summed_in_full(maps: Tensor, weight: Tensor):
    present = torch.ones(len(maps), CLASSES)
    exact = class_features(maps, weight)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(class_features(maps, weight), exact, rtol=0, atol=0)
        loss = softmax_loss(exact, weight, present=present)
    torch.testing.assert_close(loss, softmax_loss(exact, weight, present=present), rtol=0, atol=0)


def test_learning_rates_of_backbone_and_both_heads():
    module = module_of(learning_rate=0.5, head_factor=4.0)
    module._trainer = type("Trainer", (), {"estimated_stepping_batches": 10})()
    frozen = next(module.network.backbone_parameters()).requires_grad_(False)
    optimiser: Any = module.configure_optimizers()["optimizer"]
    slow, fast = optimiser.param_groups
    assert [id(p) for p in fast["params"]] == [id(module.second.weight)]
    assert id(module.network.head.weight) in {id(p) for p in slow["params"]}
    assert id(frozen) not in {id(p) for p in slow["params"]}
    assert (slow["lr"], fast["lr"]) == (0.5, 2.0)


def test_a_second_head_of_ones_gives_the_classifier_s_own_maps():
    network, (images, _) = small_timm_network(), batch()
    targets = Targets.of([[0, 3], [], [2]])
    own = CAM()(network, images, targets)
    first = network.head.weight.detach().clone()
    network.head.weight.data.copy_(heads(first, torch.ones_like(first))["product"])
    assert torch.equal(CAM()(network, images, targets), own)
    network.head.weight.data.copy_(heads(first, 2 * torch.ones_like(first))["product"])
    torch.testing.assert_close(CAM()(network, images, targets), 2 * own)


def saved_bytes(loss_of: Any) -> int:
    """How much a forward pass keeps for the backward pass, each storage once."""
    seen: dict[int, int] = {}
    kept = []

    def pack(tensor: Tensor) -> Tensor:
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        kept.append(tensor)  # so that no address is given twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss_of()
    return sum(seen.values())


def test_a_step_keeps_little_more_than_the_classifier_s():
    images = torch.randn(2, 3, 128, 128)
    present = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 0]])
    module = module_of()
    recam = saved_bytes(lambda: module.learn(images, present)[0])
    plain = saved_bytes(lambda: soft_margin(module.network(images), present))
    assert plain < recam < 1.3 * plain


def test_a_weight_that_is_no_weight_is_refused():
    for wrong in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="sce_weight must not be negative"):
            ReCAMFit(sce_weight=wrong)
