"""The background at a threshold that another stage chose."""

import json
from pathlib import Path

import torch

from wsss.refine import AutoBackground, ConstantBackground
from wsss.refine.auto import CHOSEN
from wsss.types import ScoreMaps, Size


def test_it_is_the_constant_background_at_the_chosen_threshold(tmp_path: Path):
    (tmp_path / CHOSEN).write_text(json.dumps({"threshold": 0.42}))
    maps = ScoreMaps(labels=torch.tensor([3]), scores=torch.rand(1, 2, 3), size=Size(height=8, width=12))
    device = torch.device("cpu")
    (chosen,) = AutoBackground().open({"threshold": tmp_path}, device)([], [maps])
    (constant,) = ConstantBackground(threshold=0.42).open({}, device)([], [maps])
    assert torch.equal(chosen.labels, constant.labels)
    assert torch.equal(chosen.scores, constant.scores)
