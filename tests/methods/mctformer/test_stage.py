"""MCTformer+ as a run: its network is trained in the classifier's place, gives maps, and is explained."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from toy_runs import Run, finished

from wsss.apps.explain.explainer import Explainer
from wsss.errors import ConfigError
from wsss.methods.mctformer.network import ClassTokenClassifier
from wsss.methods.mctformer.stage import TrainMCTformer

OVERRIDES = (
    *("stages=mctformer", "cam=mctformer", "classifier.backbone=vit_tiny_patch16_224"),
    *("classifier.output_stride=16", "segmenter.encoder_weights=none"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("mctformer")
    return finished(folder / "store", folder / "out", OVERRIDES)


def test_a_run_ends_in_scores_of_its_maps_and_network(run: Run):
    scores = json.loads((run.out / "scores.json").read_text(encoding="utf-8"))
    assert 0 <= scores["train_classifier"]["val"]["map"] <= 1
    assert 0 < scores["extract_cams"]["train"]["miou"] < 1
    assert 0 <= scores["predict_masks"]["val"]["miou"] <= 1


def test_its_network_is_explained(run: Run):
    explainer = Explainer.of(run.out, device="cpu", side=64)
    assert isinstance(explainer.networks[0], ClassTokenClassifier)
    image = np.random.default_rng(0).integers(0, 256, size=(48, 64, 3), dtype=np.uint8)
    found = explainer(image, methods=["mctformer", "gradcam"], classes=["bee"], scored=False)
    assert [each.method for each in found.explanations] == ["mctformer", "gradcam"]


def test_a_block_to_freeze_is_refused(run: Run):
    stage: Any = run.plan(*OVERRIDES)["train_classifier"].stage
    assert isinstance(stage, TrainMCTformer)
    stage.check()
    with pytest.raises(ConfigError, match=r"fit\.frozen_until: class tokens are new to every block"):
        replace(stage, fit=replace(stage.fit, frozen_until="block1")).check()
