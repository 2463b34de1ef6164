"""WeCLIP's loss on small networks: labels of its own making, balanced, and the affinity of cells beside it."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from builders import named
from clip_models import paired, prompted
from torch.nn import functional

from wsss.cams.caa import CAA
from wsss.cams.softmax_gradcam import SoftmaxGradCAM
from wsss.masks import on_grid_of
from wsss.methods.weclip.cells import affinity_loss, cell_affinity
from wsss.methods.weclip.labels import Decoded, OnlineLabels
from wsss.methods.weclip.losses import dice_loss, with_own_labels
from wsss.methods.weclip.module import WeCLIPModule
from wsss.methods.weclip.options import WeCLIPFit
from wsss.models.normalisation import IMAGENET
from wsss.models.segmenters.frozen_backbone import FrozenBackbone
from wsss.models.segmenters.frozen_vit_options import FrozenViTOptions
from wsss.refine import PowerBackground
from wsss.training.segmenter import segmentation_loss

BACKBONE = FrozenBackbone(backbone="vit_tiny_patch16_224", weights="none", layers=1)
PRESENT = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])


def module(**changes: Any) -> WeCLIPModule:
    options = FrozenViTOptions(backbones={"a": BACKBONE, "b": BACKBONE}, width=8, heads=2, layers=1)
    labels = OnlineLabels(
        network=prompted(paired(side=64)[1], classes=3, prompts=2),
        normalisation=IMAGENET,
        cam=CAA(base=SoftmaxGradCAM(), layers=2),
        refine={"background": PowerBackground(exponent=1.0)},
        blocks=3,
    )
    fit = WeCLIPFit(**{"steps": 10, "radius": 2, **changes})
    made = WeCLIPModule(network=options.build(named(3)), labels=labels, fit=fit, random_seed=0).eval()
    made._logged = {}  # type: ignore[assignment]
    made.log_dict = made._logged.update  # type: ignore[method-assign,assignment,operator]
    return made


def batch() -> tuple[torch.Tensor, ...]:
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)), PRESENT, torch.arange(2)


def pixelwise(made: WeCLIPModule, answers: Any) -> list[torch.Tensor]:
    return [functional.interpolate(each, size=(64, 64), mode="bilinear", align_corners=False) for each in answers]


@pytest.mark.parametrize(("step", "refined"), [(4, False), (5, True)])
def test_the_loss_is_that_of_the_mean_answer_and_of_the_cells(
    step: int, refined: bool, monkeypatch: pytest.MonkeyPatch
):
    made = module(affinity_weight=0.25)
    monkeypatch.setattr(WeCLIPModule, "global_step", step)
    loss = made.training_step(batch(), 0)
    images = batch()[0]
    features, answers = made.network.told(images)
    affinity = cell_affinity(features)
    labels = made._labels(images, PRESENT, decoded=Decoded(affinity=affinity.detach()) if refined else None)
    expected = segmentation_loss(sum(pixelwise(made, answers)) / 2, labels, kind="balanced")
    expected = expected + 0.25 * affinity_loss(affinity, on_grid_of(features, labels), radius=2)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(parameter.grad is not None for parameter in made.network.parameters())


@pytest.mark.parametrize(("step", "own"), [(5, False), (6, True)])
def test_answers_have_a_say_in_maps_and_labels_and_learn_from_each_other(
    step: int, own: bool, monkeypatch: pytest.MonkeyPatch
):
    """WeCLIP+; the affinity of cells learns from the labels before the decoder's own are put among them."""
    settings = {"refined_from": 0.0, "answer_in_maps": True, "dice_weight": 0.5, "exchange_weight": 0.125}
    made = module(affinity_weight=0.25, own_labels_from=0.6, own_labels_above=0.27, **settings)
    monkeypatch.setattr(WeCLIPModule, "global_step", step)
    loss = made.training_step(batch(), 0)
    images = batch()[0]
    features, answers = made.network.told(images)
    affinity, shares = cell_affinity(features), (sum(answers) / 2).detach().softmax(dim=1)  # type: ignore[union-attr]
    first, second = pixelwise(made, answers)
    mean = (first + second) / 2
    labels = made._labels(images, PRESENT, decoded=Decoded(affinity=affinity.detach(), shares=shares))
    expected = 0.25 * affinity_loss(affinity, on_grid_of(features, labels), radius=2)
    if own:
        kept, labels = labels, with_own_labels(labels, mean, above=0.27)
        assert 0 < (kept != labels).float().mean() < 1, "some pixels have another label, and not all"
    expected = expected + segmentation_loss(mean, labels, kind="balanced") + 0.5 * dice_loss(mean, labels)
    exchanged = segmentation_loss(first, second.argmax(dim=1), kind="balanced")
    exchanged = exchanged + segmentation_loss(second, first.argmax(dim=1), kind="balanced")
    torch.testing.assert_close(loss, expected + 0.125 * exchanged)


def test_the_prompted_network_is_none_of_what_learns_or_is_stored():
    made = module()
    assert all(name.startswith("network.") for name, _ in made.named_parameters())
    assert all(name.startswith("network.") for name in made.state_dict())
    assert not any(part.training for part in made.train()._labels.network.modules())
    made.to(torch.float64)
    assert made._labels.network.get_buffer("vectors").dtype == torch.float64, "it moves with the rest"


def test_steps_are_those_of_the_options_or_of_the_trainer():
    assert module().steps == 10
    made = module(steps=None)
    made._trainer = SimpleNamespace(estimated_stepping_batches=7)  # type: ignore[assignment]
    assert made.steps == 7
