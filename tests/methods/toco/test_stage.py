"""ToCo as a run on a transformer with random weights, and what its training refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest
from toy_runs import Run, finished

from wsss.errors import ConfigError, ModelError
from wsss.methods.toco.stage import TrainToCo
from wsss.models.classifier import ClassifierOptions

OVERRIDES = (
    *(
        "stages=toco",
        "classifier.backbone=vit_tiny_patch16_224",
        "classifier.weights=none",
        "classifier.output_stride=16",
    ),
    *("segmenter.encoder_weights=none", "fit.toco.crop_side=32", "fit.toco.view_side=32", "fit.toco.crop_count=2"),
    "fit.toco.scales=[1.0]",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("toco")
    return finished(folder / "store", folder / "out", OVERRIDES)


def test_a_run_ends_in_scores_of_its_maps_and_network(run: Run):
    scores = json.loads((run.out / "scores.json").read_text(encoding="utf-8"))
    assert 0 <= scores["train_classifier"]["val"]["map"] <= 1
    assert 0 < scores["extract_cams"]["train"]["miou"] < 1
    assert 0 <= scores["predict_masks"]["val"]["miou"] <= 1


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"auxiliary": "block13"}, ConfigError, r"'block13' is not a block before .*block1 to block11"),
        ({"auxiliary": "block12"}, ConfigError, "'block12' is not a block before the last"),
        ({"auxiliary": "stem"}, ConfigError, "'stem' is not a block before the last"),
        ({"crop_side": 65}, ConfigError, r"fit\.crop_side: 65 pixels are more than the image's 64"),
        ({"frozen_until": "layer4"}, ModelError, "this network has no 'layer4'"),
    ],
)
def test_blocks_and_crops_that_are_not_there_are_refused(run: Run, changes: dict[str, Any], error: Any, said: str):
    stage: Any = run.plan(*OVERRIDES)["train_classifier"].stage
    assert isinstance(stage, TrainToCo)
    stage.check()
    with pytest.raises(error, match=said):
        replace(stage, fit=replace(stage.fit, **changes)).check()


def test_a_network_without_a_class_token_is_refused(run: Run):
    stage: Any = run.plan(*OVERRIDES)["train_classifier"].stage
    for backbone in ("tf_efficientnet_lite0", "vit_base_patch16_gap_224"):
        classifier = ClassifierOptions(backbone=backbone, weights="none", output_stride=16)
        with pytest.raises(ModelError, match="ToCo compares class tokens, and this network has none"):
            replace(stage, classifier=classifier).check()
