"""A classifier that answers another question."""

import pytest
import torch
from networks import TinyGAP
from torch import Tensor

from wsss.cams import GradCAM
from wsss.models.targets.reworded import Reworded
from wsss.types import Cut, Targets


class Doubled(Reworded):
    def after(self, block: str, cut: Cut) -> Tensor:
        return 2 * self._model.after(block, cut)


def test_blocks_and_cuts_are_the_network_s_own_and_the_answer_is_not(tiny: TinyGAP):
    images, targets = torch.randn(2, 3, 40, 29, generator=torch.Generator().manual_seed(1)), Targets.of([[0], [2]])
    doubled = Doubled(tiny)
    assert (doubled.blocks, doubled.stride) == (tiny.blocks, tiny.stride)
    torch.testing.assert_close(GradCAM()(doubled, images, targets), 2 * GradCAM()(tiny, images, targets))


def test_the_answer_has_to_be_given(tiny: TinyGAP):
    with pytest.raises(TypeError, match="after"):
        Reworded(tiny)  # type: ignore[abstract]
