"""A training stops where its loss or its weights are no numbers any more."""

from pathlib import Path

import pytest
import torch
from small_training import STEPS, Module, run

from wsss.errors import WsssError
from wsss.training.trainer import resume_from


def test_the_last_good_state_stays(tmp_path: Path):
    with pytest.raises(WsssError, match=r"the loss is nan at epoch 1, .*last good state is kept, .*last.ckpt"):
        run(tmp_path, module=Module(nan_at=STEPS + 1))
    kept = resume_from(tmp_path / "checkpoints")
    assert kept is not None
    assert kept.step == STEPS


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path):
    module = Module()
    with torch.no_grad():
        module.network[3].bias.fill_(float("inf"))
    with pytest.raises(WsssError, match="no epoch was finished"):
        run(tmp_path, module=module)
