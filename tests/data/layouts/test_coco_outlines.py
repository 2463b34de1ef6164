"""Outlines of COCO's instances: drawn, and read again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coco_data import HEIGHT, OVER, TWO_PARTS, WIDTH, compressed, runs, write_coco

from wsss.data.layouts.coco_file import read_coco
from wsss.data.layouts.coco_outlines import Outline, Runs, polygons_inside
from wsss.errors import DataError
from wsss.size import Size

SIZE = Size(height=HEIGHT, width=WIDTH)


def test_both_forms_of_run_lengths_are_one_mask():
    numbers = runs(3, 9, 4, 20)
    wanted = np.zeros((HEIGHT, WIDTH), dtype=bool)
    wanted[3:9, 4:20] = True
    for form in (numbers, compressed(numbers)):
        assert (Runs((HEIGHT, WIDTH), form["counts"]).inside(SIZE) == wanted).all()


def test_parts_of_an_instance_are_joined():
    both = polygons_inside(TWO_PARTS, SIZE)
    parts = [polygons_inside([part], SIZE) for part in TWO_PARTS]
    assert (both == parts[0] | parts[1]).all()
    assert both.sum() == 4 * 4 + 5 * 3


@pytest.mark.parametrize("polygon", [[], [1, 2], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7]])
def test_polygons_without_corners_are_refused(polygon: list[float]):
    with pytest.raises(DataError, match=f"a polygon of {len(polygon)} numbers"):
        polygons_inside([polygon], SIZE)


@pytest.mark.parametrize(("polygon", "words"), [([0, 0, 49, 0, 3, 3], "x = 49"), ([0, 0, 9, -17, 3, 3], "y = -17")])
def test_corners_far_outside_are_refused(polygon: list[float], words: str):
    with pytest.raises(DataError, match=f"a corner at {words} in 24 x 16 pixels"):
        polygons_inside([polygon], SIZE)


def outlines(path: Path, *segmentations: Any) -> list[Outline | None]:
    given = [{"image_id": 1, "category_id": 1, "segmentation": each} for each in segmentations]
    write_coco(path, {1: "Käfer.png"}, given)
    return [each.outline for each in read_coco(path).annotations]


@pytest.mark.parametrize("nothing", [None, []])
def test_an_annotation_without_an_outline(nothing: list[list[float]] | None, tmp_path: Path):
    assert outlines(tmp_path / "a.json", nothing) == [None]


def test_an_outline_is_read_again_for_its_mask(tmp_path: Path):
    number_runs = runs(3, 9, 4, 20)
    parts, numbers, text = outlines(tmp_path / "a.json", TWO_PARTS, number_runs, compressed(number_runs))
    assert parts is not None
    assert numbers is not None
    assert text is not None
    assert (parts.inside(SIZE) == polygons_inside(TWO_PARTS, SIZE)).all()
    assert (numbers.inside(SIZE) == Runs((HEIGHT, WIDTH), number_runs["counts"]).inside(SIZE)).all()
    assert (numbers.inside(SIZE) == text.inside(SIZE)).all()


@pytest.mark.parametrize("change", [lambda data: b" " + data, lambda data: data.replace(b"segment", b"fragment")])
def test_an_outline_that_is_not_there_any_more(change: Callable[[bytes], bytes], tmp_path: Path):
    path = tmp_path / "a.json"
    (outline,) = outlines(path, OVER)
    assert outline is not None
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match="has changed since it was read: start again"):
        outline.inside(SIZE)


def test_an_outline_whose_file_is_gone(tmp_path: Path):
    (outline,) = outlines(tmp_path / "a.json", OVER)
    assert outline is not None
    (tmp_path / "a.json").unlink()
    with pytest.raises(DataError, match=r"cannot be read again .*: start again when it is back"):
        outline.inside(SIZE)
