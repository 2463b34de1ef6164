"""AMN's network: maps times the weights of the classes, and four dilated convolutions that are summed."""

import torch
from builders import named
from torch.nn import functional

from wsss.methods.amn.network import ActivationNet, ActivationOptions
from wsss.models.classifier import ClassifierOptions

OPTIONS = ActivationOptions(
    classifier=ClassifierOptions(backbone="mobilenetv3_small_050", weights="none", output_stride=32)
)


def test_logits_are_those_of_the_conditioned_maps():
    network = OPTIONS.build(named(3)).eval()
    images = torch.randn(2, 3, 64, 96)
    present = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    with torch.no_grad():
        (maps,) = network.pyramid(images)
        weights = present @ network.condition.weight.T + network.condition.bias
        conditioned = maps * weights[:, :, None, None]
        expected = sum(
            functional.conv2d(conditioned, conv.weight, conv.bias, padding=rate, dilation=rate)
            for conv, rate in zip(network.head, (6, 12, 18, 24), strict=True)
        )
        logits = network(images, present)
    assert logits.shape == (2, 4, 2, 3)
    torch.testing.assert_close(logits, expected)


def test_a_skeleton_takes_the_state_of_what_was_built():
    built = OPTIONS.build(named(3))
    OPTIONS.skeleton(named(3)).load_state_dict(built.state_dict())
    outline = OPTIONS.outline()
    assert isinstance(outline, ActivationNet)
    assert outline.channels == built.channels
    new, old = list(built.new_parameters()), list(built.backbone_parameters())
    assert {id(p) for p in new}.isdisjoint(id(p) for p in old)
    assert len(new) + len(old) == len(list(built.parameters()))
