"""What a folder of predictions holds."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.batch.inputs import find_inputs
from wsss.apps.batch.output import Output
from wsss.apps.batch.task import Example, work_off
from wsss.apps.predict import Predictor
from wsss.apps.predict.predictor import Prediction
from wsss.apps.predict.task import CHOICES, OVERLAY_SIDE, Predict, draw, predictions
from wsss.store.files import read_mask_item


@pytest.fixture(scope="module")
def task(toy_run: Run) -> Predict:
    return Predict(predictor=Predictor.of(toy_run.out, device="cpu"))


def prediction(labels: np.ndarray) -> Prediction:
    confidence = np.full(labels.shape, 0.5, dtype=np.float16)
    return Prediction(classes=("cat", "dog"), labels=labels.astype(np.uint8), confidence=confidence)


def test_all_images_of_a_folder(task: Predict, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, size=(32, 48, 3), dtype=np.uint8)
    (tmp_path / "b").mkdir()
    for name in ("a,1.png", "b/ü.png"):
        Image.fromarray(noise).save(tmp_path / name)
    inputs, output = find_inputs([tmp_path]), predictions(tmp_path / "out")
    table = work_off(task, inputs, output=output, head=task.head(inputs, run=tmp_path))
    assert [row["image"] for row in table["images"]] == ["a,1.png", "b/ü.png"]
    for row in table["images"]:
        with Image.open(output.folder / row["mask"]) as mask:
            assert (mask.mode, mask.size) == ("P", (48, 32))
        assert (output.folder / row["overlay"]).is_file()
        shown = sum(area["pixels"] for area in row["classes"].values())
        assert 0 <= shown <= 32 * 48
    assert table["labels"][1] == {"label": 1, "name": "bee", "colour": "#800000"}
    assert json.loads(output.table.read_text(encoding="utf-8")) == table


def test_files_and_row_of_an_image(task: Predict, tmp_path: Path):
    """The right half is dog."""
    labels = np.zeros((20, 40), dtype=np.uint8)
    labels[:, 20:] = 2
    example = Example(path="x/it's.jpg", name="x/it's", image=np.zeros((20, 40, 3), np.uint8), files={})
    output: Output = predictions(tmp_path / "out")
    assert task.write(example, prediction(labels), output=output) == {
        "mask": "masks/x/it's.png",
        "overlay": "overlays/x/it's.jpg",
        "width": 40,
        "height": 20,
        "confidence": 0.5,
        "unlikeness": None,
        "classes": {"dog": {"pixels": 400, "fraction": 0.5, "confidence": 0.5}},
    }
    files = {path.relative_to(output.folder).as_posix() for path in output.folder.rglob("*") if path.is_file()}
    assert files == {"masks/x/it's.png", "overlays/x/it's.jpg"}
    assert np.unique(read_mask_item(output.folder / "masks/x/it's.png")).tolist() == [0, 2]


def test_formats_that_are_asked_for(task: Predict, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, size=(32, 48, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    inputs, output = find_inputs([tmp_path]), predictions(tmp_path / "out")
    asked = replace(task, formats=CHOICES)
    table = work_off(asked, inputs, output=output, head=asked.head(inputs, run=tmp_path))
    assert table["files"] == {
        "coco": "coco.json",
        "polygons": "polygons.json",
        "label_studio": "label_studio.json",
    }
    with Image.open(output.folder / table["images"][0]["confidence_map"]) as shown:
        assert (shown.mode, shown.size) == ("L", (48, 32))
        assert np.asarray(shown).mean() / 255 == pytest.approx(table["images"][0]["confidence"], abs=0.01)
    assert "maps" not in task.head(inputs, run=tmp_path)


def test_an_overlay_names_what_it_shows_and_is_not_too_large() -> None:
    labels = np.ones((3, 3000), dtype=np.uint8)
    shown = draw(np.full((3, 3000, 3), 255, np.uint8), prediction(labels))
    assert shown.shape[1] == OVERLAY_SIDE
    tint = np.array([230, 159, 0]) * 0.55 + 255 * 0.45
    np.testing.assert_allclose(shown[0, 5], tint, atol=1)
    assert (shown[2:] == [230, 159, 0]).all(axis=2).any(), "no legend"


def test_an_overlay_of_nothing_is_the_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, size=(6, 8, 3), dtype=np.uint8)
    assert (draw(image, prediction(np.zeros((6, 8)))) == image).all()
