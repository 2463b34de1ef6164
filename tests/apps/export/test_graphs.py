"""Graphs of a run's networks: what they are given, answer, and leave out."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_runs import Run

from wsss.apps.export.graphs import exported
from wsss.apps.model import write_model
from wsss.apps.predict import Predictor
from wsss.errors import StoreError
from wsss.labels import palette


def test_metadata_name_classes_colours_and_what_is_left_out(toy_run: Run):
    made = exported(toy_run.out, "segmenter")
    predictor = Predictor.of(toy_run.out, device="cpu")
    names = json.loads(made.metadata["names"])
    assert names == ["background", *predictor.classes]
    assert json.loads(made.metadata["palette"])[1] == "#" + bytes(palette()[1]).hex()
    assert made.metadata["fingerprint"] == predictor.fingerprint
    left_out = json.loads(made.metadata["left_out"])
    assert len(left_out) == len(predictor.network.refine) + 1, "the mirror image, and every refiner"
    assert left_out[0].startswith("views: SegmentationViews(")
    assert json.loads(exported(toy_run.out, "classifier").metadata["names"]) == [*predictor.classes]


def test_a_model_file_is_exported_too_but_holds_no_images(toy_run: Run, tmp_path: Path):
    write_model(toy_run.out, tmp_path / "a.wsss")
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 32, 48, 3), dtype=np.uint8))
    from_run, from_file = (exported(model, "segmenter") for model in (toy_run.out, tmp_path / "a.wsss"))
    assert from_file.index is None
    assert from_run.index is not None
    with torch.no_grad():
        for one, other in zip(from_run.graph(images), from_file.graph(images), strict=True):
            assert torch.equal(one, other)


def test_what_is_not_a_run_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="is not a run"):
        exported(tmp_path, "segmenter")
