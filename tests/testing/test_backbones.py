"""The contract of backbones sees what breaks it."""

from typing import Any

import pytest
import torch

from wsss.errors import ModelError
from wsss.models.backbones.vig import ViG
from wsss.models.cuts.families import create_backbone
from wsss.testing import check_backbone


@pytest.mark.parametrize(("name", "stride"), [("mobilenetv3_small_050", 32), ("test_vit", 16)])
def test_a_backbone_that_keeps_its_promises_passes(name: str, stride: int):
    check_backbone(name, output_stride=stride)


def test_one_that_cannot_be_had_is_refused():
    with pytest.raises(ModelError, match="no network 'nosuch'"):
        check_backbone("nosuch")


def test_blocks_that_are_not_the_whole_are_seen(monkeypatch: pytest.MonkeyPatch):
    backbone: Any = create_backbone("vig_ti_224", output_stride=16)
    assert isinstance(backbone, ViG)
    whole = ViG.forward_features
    monkeypatch.setattr(ViG, "forward_features", lambda self, images: whole(self, images) + 1)
    with pytest.raises(AssertionError, match="the blocks in a row are not"), torch.no_grad():
        check_backbone("vig_ti_224", output_stride=16)
