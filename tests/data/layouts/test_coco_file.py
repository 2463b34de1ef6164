"""COCO's annotation files, read."""

import json
from pathlib import Path

import numpy as np
import pytest
from coco_data import HEIGHT, OVER, TRAIN, TWO_PARTS, WIDTH, compressed, runs, write_coco

from wsss.boxes.box import Box
from wsss.data.layouts.coco_file import Annotation, Runs, looks_like_coco, polygons_inside, read_coco
from wsss.errors import DataError
from wsss.types import Size

SIZE = Size(height=HEIGHT, width=WIDTH)


def test_a_file_is_read_in_its_order(tmp_path: Path):
    path = tmp_path / "a.json"
    write_coco(path, {2: "b.png", 1: "a.png"}, TRAIN)
    content = read_coco(path)
    assert [(each.id, each.file_name, each.size) for each in content.images] == [(2, "b.png", SIZE), (1, "a.png", SIZE)]
    assert [each.id for each in content.categories] == [18, 1, 90]
    assert [each.category_id for each in content.annotations] == [each["category_id"] for each in TRAIN]
    assert [each.iscrowd for each in content.annotations] == [False] * 4 + [True] * 2


def test_a_byte_order_mark_and_other_keys_do_not_matter(tmp_path: Path):
    path = tmp_path / "a.json"
    write_coco(path, {1: "a.png"}, TRAIN, info={"year": 2014})
    plain = read_coco(path)
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_coco(path) == plain


@pytest.mark.parametrize("data", [b"", b"\xff\xfe[\0", b'{"images": ["K\xfche"]}', b"[" * 200_000, b"image,labels\n"])
def test_what_is_no_such_json_is_named(data: bytes, tmp_path: Path):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.json is not a file of COCO's annotations"):
        read_coco(tmp_path / "a.json")


def test_a_folder_in_place_of_a_file(tmp_path: Path):
    with pytest.raises(DataError, match=r"cannot be read .*: name it in `dataset\.splits`"):
        read_coco(tmp_path)


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


def test_a_box_of_rounded_numbers_ends_at_the_edge_of_the_image():
    edge = Annotation(image_id=1, category_id=1, bbox=[20, 10, 4.01, 6.2])
    assert edge.box(SIZE) == Box(left=20, top=10, right=24, bottom=16)
    assert edge.box(None) == Box(left=20, top=10, right=20 + 4.01, bottom=16.2)
    far = Annotation(image_id=1, category_id=1, bbox=[20, 10, 5.5, 1])
    assert far.box(SIZE) == Box(left=20, top=10, right=25.5, bottom=11)


@pytest.mark.parametrize("bbox", [None, [], [1, 2, 3], [1, 2, 0, 4], [1, 2, 3, -4]])
def test_what_is_no_box(bbox: list[float] | None):
    assert Annotation(image_id=1, category_id=1, bbox=bbox).box(SIZE) is None


def test_a_crowd_has_no_box():
    assert Annotation(image_id=1, category_id=1, bbox=[1, 2, 3, 4], iscrowd=True).box(SIZE) is None


def test_an_outline_is_there_or_not():
    assert Annotation(image_id=1, category_id=1, segmentation=[]).outline() is None
    assert Annotation(image_id=1, category_id=1, segmentation=OVER).outline() is not None


def test_what_looks_like_it():
    assert looks_like_coco(json.dumps({"images": [], "annotations": [], "categories": []}).encode())
    assert not looks_like_coco(b'{"images": [], "categories": []}')
