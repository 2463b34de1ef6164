"""A threshold for all images, chosen without masks."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import score_maps
from PIL import Image
from toy_runs import drawn_index, drawn_maps, job

from wsss.engine.stage import Job
from wsss.errors import DataError
from wsss.metrics.separation import THRESHOLDS
from wsss.refine.auto import CHOSEN
from wsss.stages.choose_threshold import ChooseThreshold, band
from wsss.store.store import Store
from wsss.store.texts import read_json
from wsss.types import ScoreMaps, Size


def test_the_band_ends_where_the_evidence_falls_below_four_fifths():
    assert band(np.array([0.9, 0.1, 0.8, 1.0, 0.85, 0.79, 0.9])) == (2, 4)
    assert band(np.array([1.0, 0.5])) == (0, 0)
    assert band(np.zeros(3)) == (0, 2)


def work(folder: Path, *, inside: float, outside: float) -> Job:
    """Two images whose left half is of another colour, and maps that are high there and low elsewhere."""
    store = Store(root=folder)
    rows = [[1] * 32 + [0] * 32] * 32
    index = drawn_index(store, {"a": rows, "b": rows})
    pixels = np.full((32, 64, 3), 20, dtype=np.uint8)
    pixels[:, :32] = 230
    scores = np.full((1, 8, 16), outside)
    scores[..., :8] = inside
    for name in "ab":
        Image.fromarray(pixels).save(index.items / f"images/{name}.png")
    every = {name: score_maps([1], scores.tolist(), size=(32, 64)) for name in "ab"}
    return job(store, "choose_threshold", index=index, maps=drawn_maps(store, "extract_cams", every))


def test_it_separates_what_looks_different(tmp_path: Path):
    made = work(tmp_path, inside=0.71, outside=0.33)
    found = ChooseThreshold().run(made)
    assert (found["threshold"], found["band"]) == (0.34, [0.34, 0.7]), "all of these split the image in the same way"
    written = read_json(made.artifact.items / CHOSEN, dict)
    assert (found["evidence"], found["splits"]) == (max(written["evidence"]), ["train"])
    assert (written["threshold"], written["band"]) == (found["threshold"], found["band"])
    evidence = dict(zip(written["thresholds"], written["evidence"], strict=True))
    assert list(evidence) == list(THRESHOLDS)
    assert {threshold for threshold, value in evidence.items() if value > 0} == {
        threshold for threshold in THRESHOLDS if 0.33 < threshold < 0.71
    }


def test_the_strongest_class_of_each_image_that_shows_one_is_what_counts(tmp_path: Path):
    """A second class that is weak everywhere changes nothing, nor does an image without a label."""
    plain = work(tmp_path / "plain", inside=0.71, outside=0.33)
    ChooseThreshold().run(plain)
    store, rows = Store(root=tmp_path / "more"), [[1] * 31 + [2] + [0] * 32] * 32
    index = drawn_index(store, {"a": rows, "b": rows, "c": [[0] * 64] * 32})
    for name in "ab":
        shutil.copy(plain.inputs["index"].items / f"images/{name}.png", index.items / f"images/{name}.png")
    strong = np.where(np.arange(16) < 8, 0.71, 0.33) * np.ones((8, 1))
    every = {name: score_maps([1, 2], [strong.tolist(), (0.1 * strong).tolist()], size=(32, 64)) for name in "ab"}
    none = ScoreMaps(labels=torch.zeros(0).long(), scores=torch.zeros(0, 8, 16), size=Size(height=32, width=64))
    more = job(store, "choose_threshold", index=index, maps=drawn_maps(store, "extract_cams", {**every, "c": none}))
    ChooseThreshold().run(more)
    first, second = (read_json(each.artifact.items / CHOSEN, dict) for each in (plain, more))
    assert second["evidence"] == pytest.approx(first["evidence"])


def test_maps_that_say_nothing_choose_nothing(tmp_path: Path):
    made = work(tmp_path, inside=0.5, outside=0.5)
    with pytest.raises(DataError, match=r"extract_cams.* the same everywhere.*: look at the classifier's mAP"):
        ChooseThreshold().run(made)


def test_it_reads_the_splits_that_it_is_told(tmp_path: Path):
    made = work(tmp_path, inside=0.71, outside=0.33)
    with pytest.raises(DataError, match="there is no split 'val'"):
        ChooseThreshold(splits=("val",)).run(made)
