"""What a folder of predictions holds."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.apps.predict.output import OVERLAY_SIDE, Output, draw
from wsss.apps.predict.predictor import Prediction
from wsss.errors import DataError
from wsss.store.files import read_mask_item

HEAD = {"model": "m", "fingerprint": "f", "tile": 1024}


def prediction(labels: np.ndarray) -> Prediction:
    confidence = np.full(labels.shape, 0.5, dtype=np.float16)
    return Prediction(classes=("cat", "dog"), labels=labels.astype(np.uint8), confidence=confidence)


@pytest.fixture
def written(tmp_path: Path) -> Output:
    """An image, x/it's.jpg, of which the right half is dog, and a table of it."""
    labels = np.zeros((20, 40), dtype=np.uint8)
    labels[:, 20:] = 2
    (tmp_path / "x").mkdir()
    Image.new("RGB", (40, 20)).save(tmp_path / "x/it's.jpg")
    output = Output(folder=tmp_path / "out")
    row = output.write(np.zeros((20, 40, 3), np.uint8), path="x/it's.jpg", name="x/it's", prediction=prediction(labels))
    output.write_table({**HEAD, "root": str(tmp_path)}, rows=[row], failed={"b.jpg": "is empty"})
    return output


def test_files_keep_their_folders(written: Output) -> None:
    files = {path.relative_to(written.folder).as_posix() for path in written.folder.rglob("*") if path.is_file()}
    assert files == {"masks/x/it's.png", "overlays/x/it's.jpg", "predictions.json"}
    assert np.unique(read_mask_item(written.folder / "masks/x/it's.png")).tolist() == [0, 2]


def test_the_table(written: Output) -> None:
    table = json.loads((written.folder / "predictions.json").read_text(encoding="utf-8"))
    assert table["failed"] == {"b.jpg": "is empty"}
    assert table["images"] == [
        {
            "image": "x/it's.jpg",
            "mask": "masks/x/it's.png",
            "overlay": "overlays/x/it's.jpg",
            "width": 40,
            "height": 20,
            "confidence": 0.5,
            "classes": {"dog": {"pixels": 400, "fraction": 0.5, "confidence": 0.5}},
        }
    ]


def test_earlier_rows_are_of_the_same_model_and_whole(written: Output) -> None:
    head = {**HEAD, "root": str(written.folder.parent)}
    assert list(written.earlier(head)) == ["x/it's.jpg"]
    assert list(written.earlier({**head, "model": "another name of it"})) == ["x/it's.jpg"]
    for key, other in (("fingerprint", "g"), ("tile", 512), ("root", "/")):
        assert written.earlier({**head, key: other}) == {}
    (written.folder / "overlays/x/it's.jpg").unlink()
    assert written.earlier(head) == {}
    assert Output(folder=written.folder / "elsewhere").earlier(head) == {}


def test_an_image_that_changed_since_is_not_finished(written: Output) -> None:
    head = {**HEAD, "root": str(written.folder.parent)}
    os.utime(written.folder.parent / "x/it's.jpg", (2e9, 2e9))
    assert written.earlier(head) == {}


def test_masks_of_others_are_not_overwritten(written: Output, tmp_path: Path) -> None:
    written.check()
    Output(folder=tmp_path / "new").check()
    (written.folder / "predictions.json").unlink()
    with pytest.raises(DataError, match=r"out has a folder 'masks' but no predictions\.json.*choose another --out"):
        written.check()


def test_an_overlay_names_what_it_shows_and_is_not_too_large() -> None:
    labels = np.ones((3, 3000), dtype=np.uint8)
    shown = draw(np.full((3, 3000, 3), 255, np.uint8), prediction(labels))
    assert shown.shape[1] == OVERLAY_SIDE
    tint = np.array([128, 0, 0]) * 0.55 + 255 * 0.45
    np.testing.assert_allclose(shown[0, 5], tint, atol=1)
    assert (shown[2:] == [128, 0, 0]).all(axis=2).any(), "no legend"


def test_an_overlay_of_nothing_is_the_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, size=(6, 8, 3), dtype=np.uint8)
    assert (draw(image, prediction(np.zeros((6, 8)))) == image).all()
