"""COCO's annotation files, read."""

import json
from pathlib import Path
from typing import Any

import pytest
from coco_data import HEIGHT, TRAIN, WIDTH, coco_folder, write_coco

from wsss.data.layouts.coco_file import read_coco
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


def test_a_file_is_the_same_however_much_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.json"
    write_coco(path, {2: "Käfer.png", 1: "a.png"}, TRAIN)
    whole = read_coco(path)
    monkeypatch.setattr("wsss.data.json_items.CHUNK", 7)
    again = read_coco(path)
    assert (again.images, again.categories) == (whole.images, whole.categories)
    assert list(again.annotations) == list(whole.annotations)


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
