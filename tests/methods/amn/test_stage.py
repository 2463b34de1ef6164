"""AMN as a part of a run: it is trained, gives maps that are scored, and another network is refused for its maps."""

import json
from pathlib import Path

import pytest
from toy_runs import Run, finished

from wsss.errors import ModelError
from wsss.models.base import PlannedNetworks


def test_a_run_ends_in_scores_of_its_maps(tmp_path: Path) -> None:
    finished(tmp_path / "store", tmp_path / "out", ("stages=amn", "pipeline.activate_maps.scales=[1.0, 0.5]"))
    scores = json.loads((tmp_path / "out" / "scores.json").read_text(encoding="utf-8"))
    for stage in ("extract_cams", "activate_maps", "make_masks"):
        assert 0 < scores[stage]["train"]["miou"] < 1


def test_maps_need_the_network_that_is_told_classes(toy_run: Run) -> None:
    plan = toy_run.plan("stages=amn")
    classifier = plan["train_classifier"].stage.planned_network(PlannedNetworks())
    assert classifier is not None
    with pytest.raises(ModelError, match="is told no classes: let it be train_amn"):
        plan["activate_maps"].stage.check_inputs(PlannedNetworks({"network": classifier}))
