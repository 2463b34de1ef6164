"""The background at a threshold that another stage chose."""

import json
from pathlib import Path

import pytest
import torch

from wsss.refine import AutoBackground, ConstantBackground
from wsss.refine.auto import CHOSEN, Take
from wsss.types import ScoreMaps, Size


@pytest.mark.parametrize(("take", "threshold"), [("best", 0.42), ("low", 0.3), ("high", 0.6)])
def test_it_is_the_constant_background_at_what_was_chosen(tmp_path: Path, take: Take, threshold: float):
    (tmp_path / CHOSEN).write_text(json.dumps({"threshold": 0.42, "band": [0.3, 0.6]}))
    maps = ScoreMaps(labels=torch.tensor([3]), scores=torch.rand(1, 2, 3), size=Size(height=8, width=12))
    device = torch.device("cpu")
    (chosen,) = AutoBackground(take=take).open({"threshold": tmp_path}, device)([], [maps])
    (constant,) = ConstantBackground(threshold=threshold).open({}, device)([], [maps])
    assert torch.equal(chosen.labels, constant.labels)
    assert torch.equal(chosen.scores, constant.scores)
