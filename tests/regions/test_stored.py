"""Regions of other tools: JSON with run lengths, and folders of PNGs."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.data.coco_rle import coco_counts
from wsss.errors import DataError, OutsideError
from wsss.regions import StoredRegions

SQUARE = np.zeros((6, 8), dtype=bool)
SQUARE[1:4, 2:5] = True
CORNER = np.zeros((6, 8), dtype=bool)
CORNER[3:, 4:] = True
IMAGE = np.zeros((6, 8, 3), dtype=np.uint8)


def regions_of(layers: np.ndarray) -> list[bytes]:
    """The regions as bytes, in an order that does not depend on that of the masks."""
    return sorted((layer == n).tobytes() for layer in layers for n in range(1, layer.max(initial=0) + 1))


def as_json(folder: Path, masks: object, *, name: str = "a") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(masks), encoding="utf-8")


def rle(mask: np.ndarray, *, compressed: bool = True) -> dict[str, object]:
    flat = mask.ravel(order="F")
    runs = np.diff(np.concatenate([[0], np.flatnonzero(np.diff(flat, prepend=False)), [flat.size]])).tolist()
    return {"segmentation": {"size": [*mask.shape], "counts": coco_counts(mask) if compressed else runs}}


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_run_lengths_as_sam_and_sa_1b_write_them(compressed: bool, wrapped: bool, tmp_path: Path):
    masks = [rle(SQUARE, compressed=compressed), rle(CORNER, compressed=compressed)]
    as_json(tmp_path, {"image": {}, "annotations": masks} if wrapped else masks)
    assert regions_of(StoredRegions(folder=tmp_path).find("a", IMAGE)) == regions_of(np.stack([SQUARE, CORNER]) * 1)


def test_a_folder_of_pngs(tmp_path: Path):
    (tmp_path / "sub" / "a").mkdir(parents=True)
    for name, mask in (("0", SQUARE), ("1", CORNER)):
        Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "sub" / "a" / f"{name}.png")
    found = StoredRegions(folder=tmp_path).find("sub/a", IMAGE)
    assert regions_of(found) == regions_of(np.stack([SQUARE, CORNER]) * 1)


def test_an_image_in_which_nothing_was_found_has_no_layers(tmp_path: Path):
    as_json(tmp_path, [])
    assert StoredRegions(folder=tmp_path).find("a", IMAGE).shape == (0, 6, 8)


def test_a_folder_that_is_not_there_or_has_nothing_on_an_image_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"regions\.stored\.folder: there is no folder .*nowhere: name the one"):
        StoredRegions(folder=tmp_path / "nowhere").check()
    as_json(tmp_path, [])
    finder = StoredRegions(folder=tmp_path)
    finder.check()
    finder.check_images(["a"])
    with pytest.raises(DataError, match=r"neither a \.json nor a folder of b \(1 of 2 images\): write masks of all"):
        finder.check_images(["a", "b"])


@pytest.mark.parametrize(
    "masks",
    [
        [{"segmentation": {"size": [6, 8], "counts": "garbage"}}],
        [{"segmentation": {"size": [6, 8], "counts": [1, 2]}}],
        [{"segmentation": {"size": [6, 8], "counts": [-48, 96]}}],
        [{"segmentation": {"size": ["x", 8], "counts": [48]}}],
        [{"bbox": [0, 0, 1, 1]}],
        [3],
        "masks",
        {"annotations": None},
        None,
    ],
)
def test_a_file_without_run_lengths_is_named(masks: object, tmp_path: Path):
    as_json(tmp_path, masks)
    with pytest.raises(DataError, match=r"a\.json is not a list of masks as run lengths .*output_mode='coco_rle'"):
        StoredRegions(folder=tmp_path).find("a", IMAGE)


def test_masks_of_another_size_and_names_that_lead_elsewhere_are_refused(tmp_path: Path):
    as_json(tmp_path, [rle(SQUARE.T)])
    with pytest.raises(DataError, match=r"a\.json holds a mask of 6 x 8 pixels, and the image has 8 x 6 here"):
        StoredRegions(folder=tmp_path).find("a", IMAGE)
    huge = {"segmentation": {"size": [10**6, 10**6], "counts": [10**12]}}
    as_json(tmp_path, [huge])
    with pytest.raises(DataError, match=r"a\.json holds a mask of 1000000 x 1000000 pixels"):
        StoredRegions(folder=tmp_path).find("a", IMAGE)
    with pytest.raises(OutsideError):
        StoredRegions(folder=tmp_path).find("../a", IMAGE)


def test_other_masks_are_other_content(tmp_path: Path):
    assert StoredRegions(folder=tmp_path).content() == {"folder": (tmp_path,)}
