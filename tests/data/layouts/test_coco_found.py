"""Where annotation files and images are found."""

import json
from pathlib import Path

import pytest
from coco_data import TRAIN, coco_folder, write_coco
from data_sets import draw_image

from wsss.data.layouts.coco import COCO
from wsss.data.layouts.coco_found import found_coco, looks_like_coco


def put(root: Path, *, files: dict[str, str]) -> Path:
    """Annotation files, each of one image, and that image in a folder."""
    for key, (file, image) in enumerate(files.items()):
        draw_image(root / image, key=key)
        write_coco(root / file, {1: Path(image).name}, TRAIN)
    return root


def test_coco_itself(tmp_path: Path):
    root = coco_folder(tmp_path)
    assert found_coco(root) == {"splits": COCO(root=root).splits, "image_folders": COCO(root=root).image_folders}


@pytest.mark.parametrize(
    ("files", "splits", "folders"),
    [
        (
            {
                "annotations/instances_train2017.json": "images/train2017/a.png",
                "annotations/instances_val2017.json": "images/val2017/b.png",
            },
            ["train", "val"],
            ["images/train2017", "images/val2017"],
        ),
        (
            {"train/_annotations.coco.json": "train/a.png", "valid/_annotations.coco.json": "valid/b.png"},
            ["train", "val"],
            ["train", "valid"],
        ),
        ({"result.json": "images/a.png"}, ["train"], ["images"]),
        ({"annotations/instances_default.json": "images/a.png"}, ["default"], ["images"]),
        ({"my_train.json": "photos/a.png", "my_val.json": "b.png"}, ["train", "val"], [".", "."]),
        ({"annotations/valid.json": "a.png", "annotations/training.json": "a.png"}, ["train", "val"], [".", "."]),
    ],
)
def test_layouts_of_others(files: dict[str, str], splits: list[str], folders: list[str], tmp_path: Path):
    found = found_coco(put(tmp_path, files=files))
    assert found is not None
    assert sorted(found["splits"]) == splits
    assert [found["image_folders"][split] for split in splits] == folders


def test_other_json_is_not_taken_for_it(tmp_path: Path):
    (tmp_path / "labels.json").write_text('{"a.png": ["cat"]}')
    (tmp_path / "annotations").mkdir()
    assert found_coco(tmp_path) is None


@pytest.mark.parametrize("name", [b"\\x.png", b"\xff.png", b"a\n.png", b""])
def test_a_name_that_is_not_one_is_left_to_the_reader(name: bytes, tmp_path: Path):
    (tmp_path / "images").mkdir()
    listed = b'{"images": [{"id": 1, "file_name": "%b"}], "annotations": [], "categories": []}' % name
    (tmp_path / "result.json").write_bytes(listed)
    assert found_coco(tmp_path) == {"splits": {"train": "result.json"}, "image_folders": {"train": "images"}}


def test_what_looks_like_it():
    assert looks_like_coco(json.dumps({"images": [], "annotations": [], "categories": []}).encode())
    assert not looks_like_coco(b'{"images": [], "categories": []}')


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_file_without_its_end_is_taken_for_what_it_began_as(share: float, start: str, tmp_path: Path):
    root = put(tmp_path, files={"labels.json": "images/a.png"})
    data = start + (root / "labels.json").read_text()
    (root / "labels.json").write_text(data[: int(share * len(data))])
    assert found_coco(root) == {"splits": {"train": "labels.json"}, "image_folders": {"train": "images"}}


@pytest.mark.parametrize("text", ['{"images": [{}]}', '{"images": ["cat"', '[{"annotations": [{', '{"images": [{}] {'])
def test_another_file_without_its_end_is_not(text: str, tmp_path: Path):
    (tmp_path / "labels.json").write_text(text)
    assert found_coco(tmp_path) is None
