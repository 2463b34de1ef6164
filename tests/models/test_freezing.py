"""Frozen parameters, exactly those below the named submodules, and frozen statistics of batch norms."""

from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from builders import named
from torch import nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.freezing import fix_batch_norm, freeze_batch_norm, freeze_parameters
from wsss.models.gap import GAPClassifier
from wsss.models.segmenters.segmenter import SegmenterOptions


def frozen(module: nn.Module) -> set[str]:
    return {name.split(".")[-2] for name, parameter in module.named_parameters() if not parameter.requires_grad}


def test_names_are_compared_whole() -> None:
    net = nn.ModuleDict({"a1": nn.Linear(1, 1), "a10": nn.Linear(1, 1), "b": nn.Linear(1, 1)})
    freeze_parameters(net, paths=["a1"])
    assert frozen(net) == {"a1"}


def test_a_backbone_and_its_encoder_freeze_the_same_layers() -> None:
    options = ClassifierOptions(backbone="resnet18", weights="none", output_stride=16)
    network = options.skeleton(named(2))
    paths = network.trained_paths_until("block1")
    assert paths == ("conv1", "bn1", "layer1")
    encoder = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none").skeleton(named(2)).encoder
    freeze_parameters(network.backbone, paths=paths)
    freeze_parameters(encoder, paths=paths)
    count = {
        name: sum(p.numel() for p in part.parameters() if not p.requires_grad)
        for name, part in (("backbone", network.backbone), ("encoder", encoder))
    }
    assert count["backbone"] == count["encoder"] > 0
    assert all(p.requires_grad for p in network.head_parameters())


def test_parameters_of_no_submodule_are_frozen_too() -> None:
    network = ClassifierOptions(backbone="test_vit", weights="none", output_stride=16).skeleton(named(2))
    paths = network.trained_paths_until("block1")
    assert paths == ("cls_token", "pos_embed", "patch_embed", "blocks.0")
    freeze_parameters(network.backbone, paths=paths)
    assert not network.backbone.cls_token.requires_grad
    assert not network.backbone.pos_embed.requires_grad
    left = {
        name.split(".")[1] for name, p in network.backbone.blocks.named_parameters(prefix="blocks") if p.requires_grad
    }
    assert left == {"1", "2", "3", "4", "5"}


def test_a_path_of_another_architecture_is_refused() -> None:
    with pytest.raises(ModelError, match=r"frozen_until: this network has no .layer1.*frozen_until=null"):
        freeze_parameters(nn.ModuleDict({"blocks": nn.Linear(1, 1)}), paths=["layer1"])


def test_frozen_batch_norm_keeps_its_statistics_and_stays_trainable(classifier: Callable[[str, int], GAPClassifier]):
    network = deepcopy(classifier("resnet18", 16)).train()
    freeze_batch_norm(network)
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    before = [norm.running_mean.clone() for norm in norms]
    images = torch.randn(2, 3, 45, 38, generator=torch.Generator().manual_seed(0))
    network(images).sum().backward()
    assert len(norms) == 20
    assert all(torch.equal(norm.running_mean, mean) for norm, mean in zip(norms, before, strict=True))
    assert all(norm.weight.requires_grad and norm.weight.grad is not None for norm in norms)
    assert network.training
    assert network.backbone.layer1.training


def test_a_fixed_norm_keeps_its_weights_and_nothing_else_does() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.GroupNorm(1, 2))
    fix_batch_norm(net)
    assert [name for name, each in net.named_parameters() if not each.requires_grad] == ["1.weight", "1.bias"]
