"""Masks that a run stored, and those of listed images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_runs import Run

from wsss.apps.export import predicted_on, stored_predictions
from wsss.apps.predict import Predictor
from wsss.data.images import read_image
from wsss.engine.stage import read_index
from wsss.errors import DataError


def test_stored_masks_are_those_of_the_stage(toy_run: Run):
    found = stored_predictions(toy_run.out, "val")
    each = list(found.each)
    assert [one.id for one in each] == [*found.ids]
    predictor = Predictor.of(toy_run.out, device="cpu")
    index = read_index(toy_run.plan()["predict_masks"].inputs["index"])
    image = read_image(index.image_path(index.records[each[0].id]))
    assert np.array_equal(predictor(image).labels, each[0].labels)
    assert (found.classes, found.fingerprint) == (predictor.classes, predictor.fingerprint)


def test_a_split_that_was_not_predicted_is_refused(toy_run: Run):
    with pytest.raises(DataError, match=r"--split test: predict_masks predicted train, val; name one of them, or"):
        stored_predictions(toy_run.out, "test")


def test_listed_images_are_predicted_in_the_order_of_the_list(toy_run: Run, tmp_path: Path):
    for name, side in (("a", 40), ("b", 56)):
        Image.fromarray(np.full((32, side, 3), 90, dtype=np.uint8)).save(tmp_path / f"{name}.png")
    names = tmp_path / "list.txt"
    names.write_text("b\n\na  1\n", encoding="utf-8")
    found = predicted_on(toy_run.out, tmp_path, listed=names, device="cpu")
    assert found.ids == ("b", "a")
    assert [(one.file, one.labels.shape) for one in found.each] == [("b.png", (32, 56)), ("a.png", (32, 40))]
    assert predicted_on(toy_run.out, tmp_path, listed=None, device="cpu").ids == ("a", "b")


def test_lists_and_folders_that_do_not_fit_are_refused(toy_run: Run, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no image: name the folder that holds them"):
        predicted_on(toy_run.out, tmp_path / "empty", listed=None)
    Image.fromarray(np.zeros((32, 32, 3), dtype=np.uint8)).save(tmp_path / "a.png")
    names = tmp_path / "list.txt"
    with pytest.raises(DataError, match=r"--list .*list\.txt cannot be read"):
        predicted_on(toy_run.out, tmp_path, listed=names)
    names.write_text("\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"names no image: write one name a line"):
        predicted_on(toy_run.out, tmp_path, listed=names)
    names.write_text("a\nc\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"holds no image of c \(1 of 2\): name the folder of these"):
        predicted_on(toy_run.out, tmp_path, listed=names)
