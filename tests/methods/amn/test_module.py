"""AMN's loss on a small network."""

import pytest
import torch
from builders import named
from torch import nn

from wsss.masks import on_grid_of
from wsss.methods.amn.module import ActivationModule
from wsss.methods.amn.network import ActivationOptions
from wsss.methods.amn.options import ActivationFit
from wsss.models.classifier import ClassifierOptions
from wsss.training.segmenter import segmentation_loss


def test_the_loss_is_smoothed_and_balanced(monkeypatch: pytest.MonkeyPatch):
    options = ActivationOptions(
        classifier=ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
    )
    network = options.build(named(2))
    for conv in network.head:
        nn.init.normal_(conv.weight, std=10.0)  # new ones are nearly silent
    module = ActivationModule(network=network, fit=ActivationFit(smoothing=0.3), random_seed=0)
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    module.train()
    assert not any(each.training for each in network.modules() if isinstance(each, nn.BatchNorm2d))
    assert network.dropout.training
    module.eval()
    images, labels = torch.randn(2, 3, 64, 64), torch.randint(0, 3, (2, 64, 64))
    present = torch.ones(2, 2)
    loss = module.training_step((images, labels, present), 0)
    logits = network(images, present)
    cells = on_grid_of(logits, labels)
    assert loss.item() == pytest.approx(
        segmentation_loss(logits, cells, kind="balanced", smoothing=0.3).item(), rel=1e-4
    )
    assert loss.item() != pytest.approx(segmentation_loss(logits, cells, kind="balanced").item(), rel=1e-4)
    loss.backward()
    assert network.condition.weight.grad is not None
