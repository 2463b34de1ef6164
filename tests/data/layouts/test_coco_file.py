"""COCO's annotation files, read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coco_data import HEIGHT, OVER, TRAIN, TWO_PARTS, WIDTH, coco_folder, compressed, runs, write_coco

from wsss.boxes.box import Box
from wsss.data.layouts.coco_file import Annotation, Outline, Runs, polygons_inside, read_coco
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
    masks = [each.outline.inside(SIZE).tolist() for each in plain.annotations if each.outline is not None]
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    marked = read_coco(path)
    assert (marked.images, marked.categories) == (plain.images, plain.categories)
    assert [each.bbox for each in marked.annotations] == [each.bbox for each in plain.annotations]
    assert masks == [each.outline.inside(SIZE).tolist() for each in marked.annotations if each.outline is not None]


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


def test_a_file_is_the_same_however_much_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.json"
    write_coco(path, {2: "Käfer.png", 1: "a.png"}, TRAIN)
    whole = read_coco(path)
    monkeypatch.setattr("wsss.data.json_items.CHUNK", 7)
    assert read_coco(path) == whole


LISTS = {"images": [], "categories": [], "annotations": []}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"images": [], "categories": []}, r"annotations: Field required"),
        (LISTS | {"images": {"id": 1}}, r"images: Input should be a valid list"),
        (LISTS | {"annotations": None}, r"annotations: Input should be a valid list"),
        (LISTS | {"images": [{"id": 1, "file_name": "a"}, {"id": 2}]}, r"images\.1\.file_name: Field required"),
        (LISTS | {"categories": [7]}, r"categories\.0: Input should be "),
        (LISTS | {"annotations": [{"image_id": 1}]}, r"annotations\.0\.category_id: Field required"),
        (
            LISTS | {"annotations": [{"image_id": 1, "category_id": 1, "segmentation": [["x", 2]]}]},
            r"annotations\.0\.segmentation\.polygons\.0\.0: Input should be a valid number",
        ),
        (
            LISTS | {"annotations": [{"image_id": 1, "category_id": 1, "segmentation": {"size": [2], "counts": "ab"}}]},
            r"annotations\.0\.segmentation\.runs\.size\.1: Field required",
        ),
        ([LISTS], r"expected '\{' at byte 0"),
    ],
)
def test_the_place_of_what_is_wrong_is_named(content: Any, why: str, tmp_path: Path):
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=rf"\({why}.*\): export it again"):
        read_coco(tmp_path / "a.json")


def test_a_list_that_is_there_twice_is_refused(tmp_path: Path):
    listed = '"images": [{"id": 1, "file_name": "a.png"}]'
    (tmp_path / "a.json").write_text(f'{{{listed}, {listed}, "categories": [], "annotations": []}}', encoding="utf-8")
    with pytest.raises(DataError, match=r"\('images' is there twice\)"):
        read_coco(tmp_path / "a.json")


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.99])
def test_a_file_without_its_end_is_told_with_the_last_byte(share: float, tmp_path: Path):
    path = coco_folder(tmp_path) / "annotations/instances_train2014.json"
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(
        DataError, match=rf"train2014\.json is JSON that ends too early, at byte {path.stat().st_size:,}: copy"
    ):
        read_coco(path)
