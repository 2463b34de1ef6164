"""A decoder with group norm: the encoder keeps its own norm, and an image's answer is its own in training too."""

import pytest
import torch
from builders import named
from torch import nn

from wsss.models.batch_of_one import learns_from_one
from wsss.models.freezing import freeze_batch_norm
from wsss.models.segmenters.group_norm import exchange_batch_norm
from wsss.models.segmenters.segmenter import SegmenterOptions

OPTIONS = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none", decoder_norm="group")


def test_norms_of_the_decoder_alone_are_exchanged():
    plain, grouped = SegmenterOptions(encoder="tu-resnet18", encoder_weights="none").outline(), OPTIONS.outline()
    before = {name: each.num_features for name, each in plain.named_modules() if isinstance(each, nn.BatchNorm2d)}
    after = {name: each for name, each in grouped.named_modules() if isinstance(each, nn.GroupNorm | nn.BatchNorm2d)}
    assert before.keys() == after.keys()
    assert {name for name, each in after.items() if isinstance(each, nn.BatchNorm2d)} == {
        name for name in before if ".encoder." in name
    }
    groups = {name: each for name, each in after.items() if isinstance(each, nn.GroupNorm)}
    assert len(groups) > 5
    assert all((each.num_groups, each.num_channels) == (4, before[name]) for name, each in groups.items())


def test_an_image_is_answered_alone_as_among_others():
    OPTIONS.check()
    network = OPTIONS.build(named(2)).train()
    freeze_batch_norm(network.encoder)
    for part in network.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    images = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(network(images)[:1], network(images[:1]), atol=1e-4, rtol=0)
    assert learns_from_one(OPTIONS.outline(), side=64)


def test_channels_that_are_no_whole_groups_are_refused():
    with pytest.raises(ValueError, match="divisible"):
        exchange_batch_norm(nn.Sequential(nn.BatchNorm2d(6)), but=nn.Identity())
