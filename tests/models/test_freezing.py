"""Frozen parameters: exactly those below the named submodules, in a backbone and in an encoder made of it."""

import pytest
from torch import nn

from wsss.errors import ModelError
from wsss.models.classifier import ClassifierOptions
from wsss.models.freezing import freeze_parameters
from wsss.models.segmenter import SegmenterOptions


def frozen(module: nn.Module) -> set[str]:
    return {name.split(".")[-2] for name, parameter in module.named_parameters() if not parameter.requires_grad}


def test_names_are_compared_whole() -> None:
    net = nn.ModuleDict({"a1": nn.Linear(1, 1), "a10": nn.Linear(1, 1), "b": nn.Linear(1, 1)})
    freeze_parameters(net, paths=["a1"])
    assert frozen(net) == {"a1"}


def test_a_backbone_and_its_encoder_freeze_the_same_layers() -> None:
    options = ClassifierOptions(backbone="resnet18", weights="none", output_stride=16)
    network = options.skeleton(2)
    paths = network.trained_paths_until("block1")
    assert paths == ("conv1", "bn1", "layer1")
    encoder = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none").skeleton(3).encoder
    freeze_parameters(network.backbone, paths=paths)
    freeze_parameters(encoder, paths=paths)
    count = {
        name: sum(p.numel() for p in part.parameters() if not p.requires_grad)
        for name, part in (("backbone", network.backbone), ("encoder", encoder))
    }
    assert count["backbone"] == count["encoder"] > 0
    assert all(p.requires_grad for p in network.head_parameters())


def test_parameters_of_no_submodule_are_frozen_too() -> None:
    network = ClassifierOptions(backbone="test_vit", weights="none", output_stride=16).skeleton(2)
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
