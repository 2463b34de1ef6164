"""A method of a single stage is a config: one training makes a network that classifies and segments, without masks."""

import json
from pathlib import Path

import pytest
from single_stage.method import TrainTwoWays
from toy_runs import Run, composed, finished

from wsss.apps.explain import Explainer
from wsss.apps.predict import Predictor
from wsss.data.images import read_image
from wsss.protocols import Classifies, Segments
from wsss.run.graph import connected
from wsss.run.plan import build_stages
from wsss.run.record import read_record
from wsss.store.kinds import MASKS, NETWORK, RAW_MAPS
from wsss.store.networks import load

CONF = Path(__file__).parents[1] / "single_stage" / "conf"
CHOICE = (f"hydra.searchpath=['file://{CONF}']", "stages=two_ways")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("single stage")
    return finished(folder / "store", folder / "out", CHOICE)


def test_stages_that_are_null_are_left_out() -> None:
    graph = connected(build_stages(composed(*CHOICE)["pipeline"]))
    made = ["index_data", "train_two_ways", "extract_cams", "predict_masks"]
    assert list(graph) == [*made, "evaluate", "report"]
    assert list(graph["evaluate"].values()) == made


def test_one_network_classifies_and_segments(run: Run) -> None:
    record = read_record(run.out)
    assert (record.last(NETWORK), record.last(NETWORK, by=TrainTwoWays)) == ("train_two_ways", "train_two_ways")
    network = load(record.artifact("train_two_ways")).module
    assert isinstance(network, Classifies)
    assert isinstance(network, Segments)


def test_maps_and_predictions_are_scored_and_drawn(run: Run) -> None:
    scores = json.loads((run.out / "scores.json").read_text(encoding="utf-8"))
    assert {stage: set(splits) for stage, splits in scores.items()} == {
        "extract_cams": {"train"},
        "predict_masks": {"train", "val"},
    }
    assert 0 < scores["extract_cams"]["train"]["miou"] < 1
    page = (run.out / "report.html").read_text(encoding="utf-8")
    assert all(words in page for words in ("Training: train_two_ways", "extract_cams", "predict_masks"))


def test_a_finished_run_explains_and_predicts(run: Run) -> None:
    record = read_record(run.out)
    assert (record.last(RAW_MAPS), record.last(MASKS)) == ("extract_cams", "predict_masks")
    index = record.job("extract_cams").index()
    image = read_image(index.image_path(index.split("val")[0]))
    assert Predictor.of(record, device="cpu")(image).labels.shape == image.shape[:2]
    explained = Explainer.of(record, device="cpu")(image, methods=["cam", "gradcam"], scored=False)
    assert {explanation.method for explanation in explained.explanations} == {"cam", "gradcam"}
