"""What a model file answers is what its run answers, to the last bit."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from toy_runs import Run, finished

import wsss
from wsss.apps.explain import Explainer
from wsss.apps.model import write_model
from wsss.apps.predict import Predictor

IMAGE = np.random.default_rng(0).integers(0, 256, size=(70, 90, 3), dtype=np.uint8)


def same_answers(run: Path, file: Path) -> None:
    ours, theirs = Predictor.of(run, device="cpu"), Predictor.of(file, device="cpu")
    assert (ours.classes, ours.fingerprint) == (theirs.classes, theirs.fingerprint)
    assert (ours.white, ours.long_side) == (theirs.white, theirs.long_side)
    assert np.array_equal(ours(IMAGE).labels, theirs(IMAGE).labels)
    assert np.array_equal(ours(IMAGE).confidence, theirs(IMAGE).confidence)
    mine, its = Explainer.of(run, device="cpu"), Explainer.of(file, device="cpu")
    assert (mine.classes, mine.fingerprint, mine.normalisation) == (its.classes, its.fingerprint, its.normalisation)
    first = mine(IMAGE, methods=["cam", "layercam"], classes=mine.classes, scored=False)
    second = its(IMAGE, methods=["cam", "layercam"], classes=mine.classes, scored=False)
    assert first.probabilities == second.probabilities
    for one, other in zip(first.explanations, second.explanations, strict=True):
        assert np.array_equal(one.heat, other.heat)


def test_it_answers_as_its_run_does_where_neither_run_nor_store_is(model_file: Path, toy_run: Run, tmp_path: Path):
    copy = shutil.copy(model_file, tmp_path / "elsewhere.wsss")
    same_answers(toy_run.out, copy)


def test_notebooks_take_it(model_file: Path, toy_run: Run):
    assert np.array_equal(wsss.predict(model_file, IMAGE)[0].labels, wsss.predict(toy_run.out, IMAGE)[0].labels)
    heatmaps = wsss.explain(model_file, IMAGE, methods=["cam", "gradcam"])
    assert heatmaps.methods == ("cam", "gradcam")
    assert heatmaps.layer == "last"


@pytest.mark.slow
def test_refiners_that_read_networks_and_second_heads_come_along(toy_run: Run, tmp_path: Path):
    copy = toy_run.copied(tmp_path)
    options = (
        "stages=recam",
        "refine@predict.refine=[classifier_prior,crf_alone]",
        "+pipeline.predict_masks.reads.classifier=train_classifier",
    )
    run = finished(copy.store, copy.out, options)
    write_model(run.out, tmp_path / "recam.wsss")
    same_answers(run.out, tmp_path / "recam.wsss")
