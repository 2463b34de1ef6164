"""COCO's layout, beside pycocotools' own reading and drawing of the same files."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from coco_data import (
    DOG,
    HEIGHT,
    OVER,
    PERSON,
    TOOTHBRUSH,
    TRAIN,
    WIDTH,
    annotation,
    coco_folder,
    write_coco,
)
from data_sets import checked, draw_image
from pycocotools import coco as reference

from wsss.data.index import Index
from wsss.data.layouts.coco import COCO
from wsss.errors import ConfigError, DataError

JSON = "annotations/instances_train2014.json"
NUMBERS = {1: PERSON, 18: DOG, 90: TOOTHBRUSH}


def indexed(root: Path, **options: Any) -> Index:
    """The index, whose masks lie in a folder of their own."""
    return COCO(root=root, **options).index(Path(mkdtemp(dir=root.parent)))


def truth(index: Index, number: int, split: str = "train") -> np.ndarray:
    labels = index.truth(index.records[f"{split}2014/COCO_{split}2014_{number:012d}"])
    assert labels is not None
    return labels


def theirs(root: Path, number: int) -> np.ndarray:
    """A mask as the papers' scripts draw it: no crowds, in the file's order."""
    read = reference.COCO(root / JSON)
    labels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for each in read.loadAnns(read.getAnnIds(imgIds=[number], iscrowd=False)):
        labels[read.annToMask(each) == 1] = NUMBERS[each["category_id"]]
    return labels


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_masks_are_those_of_pycocotools(number: int, tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    wanted = theirs(root, number)
    assert (truth(indexed(root), number) == wanted).all()
    assert wanted.any() == (number < 3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_random_polygons_are_drawn_as_pycocotools_draws_them(tmp_path: Path):
    root, random = coco_folder(tmp_path / "data"), np.random.default_rng(0)
    corners = random.uniform(-2, [WIDTH + 2, HEIGHT + 2], size=(40, 5, 2)).round(2)
    many = [annotation(1, random.choice([1, 18, 90]).item(), [each.ravel().tolist()]) for each in corners]
    write_coco(root / JSON, {1: "COCO_train2014_000000000001.png"}, many)
    assert (truth(indexed(root), 1) == theirs(root, 1)).all()


def test_a_later_outline_lies_on_top(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    first = truth(indexed(root), 1)
    write_coco(root / JSON, {1: "COCO_train2014_000000000001.png"}, TRAIN[1::-1])
    second = truth(indexed(root), 1)
    assert {(a, b) for a, b in zip(first.flat, second.flat, strict=True) if a != b} == {(PERSON, DOG)}


def test_crowds_are_background_or_ignored_below_everything(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    plain, ignoring = (indexed(root, crowd=crowd) for crowd in ("background", "ignore"))
    for number, crowd in ((2, (slice(0, 12), slice(0, 10))), (3, (slice(0, 16), slice(0, 6)))):
        wanted = truth(plain, number).copy()
        covered = np.zeros_like(wanted, dtype=bool)
        covered[crowd] = True
        wanted[covered & (wanted == 0)] = 255
        assert (truth(ignoring, number) == wanted).all()


def labels_of(index: Index) -> list[Sequence[int]]:
    return [record.classes for record in index.split("train")]


def test_classes_are_numbered_by_category_ids_and_crowds_count_as_labels(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    index = indexed(root)
    assert index.classes == ("person", "dog", "toothbrush")
    assert labels_of(index) == [(0, 1), (0, 1, 2), (0,), ()]
    assert labels_of(indexed(root, labels_from_crowd=False)) == [(0, 1), (0, 2), (), ()]


def test_images_without_annotations_are_kept_or_left_out(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    index = indexed(root, unannotated="skip")
    assert labels_of(index) == [(0, 1), (0, 1, 2), (0,)]
    assert [len(each) for each in index.splits.values()] == [3, 1]
    assert index.notes[0] == f"left out (dataset.unannotated=skip), 1 images of {JSON}, which have no annotation"
    # An image of crowds alone has an annotation, whatever its labels are taken from.
    assert len(indexed(root, unannotated="skip", labels_from_crowd=False).splits["train"]) == 3


def test_boxes_without_outlines_make_no_masks(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    names = {i: f"COCO_train2014_{i:012d}.png" for i in (1, 2)}
    write_coco(root / JSON, names, [annotation(1, 1, bbox=[1, 1, 4, 4]), annotation(2, 1, OVER)])
    index = indexed(root)
    assert [record.mask is None for record in index.split("train")] == [True, False]
    assert "1 of 2 images" in index.notes[0]
    write_coco(root / JSON, names, [annotation(1, 1, bbox=[1, 1, 4, 4])])
    index = indexed(root)
    assert [record.mask for record in index.split("train")] == [None, None]
    assert index.notes == ()


def test_train_alone_gives_a_share_to_val(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    options: dict[str, Any] = {"splits": {"train": JSON}, "image_folders": {"train": "train2014"}}
    assert {name: len(ids) for name, ids in indexed(root, **options).splits.items()} == {"train": 3, "val": 1}
    assert list(indexed(root, **options, val_fraction=0).splits) == ["train"]


def test_options_that_leave_nothing(tmp_path: Path):
    with pytest.raises(ConfigError) as caught:
        COCO(root=tmp_path, splits={}, val_fraction=1)
    assert len(caught.value.problems) == 2
    with pytest.raises(ConfigError, match=r"dataset\.image_folders: says nothing of split 'test'"):
        COCO(root=tmp_path, splits={"test": "test.json"})


def test_what_is_missing_is_named_with_its_key(tmp_path: Path):
    with pytest.raises(DataError, match=r"gone is not a folder: set `dataset\.root`"):
        indexed(tmp_path / "gone")
    root = coco_folder(tmp_path / "data")
    (root / JSON).unlink()
    with pytest.raises(DataError, match=r"there is no file .*train2014\.json: name it in `dataset\.splits\.train`"):
        indexed(root)
    root = coco_folder(tmp_path / "other")
    (root / "val2014").rename(root / "images")
    with pytest.raises(DataError, match=r"val2014 holds no image: name the folder in `dataset\.image_folders\.val`"):
        indexed(root)


ONE = {1: "COCO_train2014_000000000001.png"}
WRONG = {
    "a category that is not listed": (ONE, [annotation(1, 5, OVER)], {}, "of categories that it does not list, 5: add"),
    "an image that is not listed": (ONE, [annotation(9, 1, OVER)], {}, "images that it does not list, id 9 first"),
    "an image that is not there": ({1: "gone.png"}, [], {}, "'gone.png' is not in 'train2014'"),
    "an image twice": (
        ONE,
        [],
        {"pictures": [{"id": 1, "file_name": ONE[1]}] * 2},
        "1 images repeat the id of another",
    ),
    "another name": (ONE, [], {"categories": [{"id": 18, "name": "wolf"}]}, "category 18 is 'wolf' in .* and 'dog' in"),
    "two corners": (
        ONE,
        [annotation(1, 1, [[1, 2, 3, 4]])],
        {},
        "image 1 has an outline that cannot be drawn: a polygon of 4 numbers: write x and y",
    ),
    "a corner far off": (
        ONE,
        [annotation(1, 1, [[1, 2, 3, 4, 1e9, 6]])],
        {},
        r"corner at x = 1e\+09 in 24 x 16 pixels",
    ),
    "runs of another size": (
        ONE,
        [annotation(1, 1, {"size": [4, 4], "counts": [16]})],
        {},
        "drawn: run lengths of 4 x 4 pixels for an image of 24 x 16",
    ),
    "runs that fall short": (
        ONE,
        [annotation(1, 1, {"size": [HEIGHT, WIDTH], "counts": [16]})],
        {},
        "drawn: run lengths that do not add up to 24 x 16",
    ),
    "torn runs": (
        ONE,
        [annotation(1, 1, {"size": [HEIGHT, WIDTH], "counts": "0"})],
        {},
        "drawn: the run lengths are not those of 24 x 16",
    ),
    "another size": (
        ONE,
        [annotation(1, 1, OVER)],
        {"pictures": [{"id": 1, "file_name": ONE[1], "width": 20, "height": 16}]},
        r"image 1 gives 20 x 16 pixels, and the image train2014/COCO_train2014_000000000001\.png has 24 x 16",
    ),
    "an image under two ids": (
        ONE,
        [annotation(1, 1, OVER), annotation(2, 18, OVER)],
        {"pictures": [{"id": 1, "file_name": ONE[1]}, {"id": 2, "file_name": ONE[1]}]},
        r"lists COCO_train2014_000000000001\.png more than once: give each image one entry",
    ),
    "no categories": (ONE, [], {"categories": None}, r"is not a file of COCO's annotations \(categories: "),
    "NaN": (ONE, [annotation(1, 1, [[1, 2, 3, 4, float("nan"), 6]])], {}, r"annotations\.0\.segmentation"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str, tmp_path: Path):
    images, annotations, changes, words = WRONG[name]
    root = coco_folder(tmp_path / "data")
    write_coco(root / JSON, images, annotations, **changes)
    with pytest.raises(DataError, match=words):
        indexed(root)


def test_no_class_is_missed_in_a_file_that_cannot_be_read(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    (root / JSON).write_text("{", encoding="utf-8")
    problems = checked(COCO(root=root, classes=("dog",), splits={"train": JSON}, image_folders={"train": "train2014"}))
    assert [problem.kind for problem in problems.problems] == ["label"]


def test_a_check_counts_masks_and_what_the_file_does_not_list(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    draw_image(root / "val2014" / "more.png", key=99, size=(WIDTH, HEIGHT))
    found = checked(COCO(root=root))
    assert found.problems == ()
    assert found.splits["train"].masks == 4
    assert found.unlisted == ("val2014/more.png",)
    assert [each.agreed for each in found.masks] == [2, 2, 1]


def test_more_classes_than_a_mask_holds_are_refused_before_one_is_drawn(tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    many = [{"id": i, "name": f"thing {i}"} for i in range(1, 301)]
    for split in ("train", "val"):
        path = root / f"annotations/instances_{split}2014.json"
        image = {1: f"COCO_{split}2014_{1 if split == 'train' else 7:012d}.png"}
        write_coco(path, image, [annotation(1, 299, OVER)], categories=many)
    with pytest.raises(DataError, match=r"^300 classes do not fit a mask, .*; choose or group at most 254") as caught:
        indexed(root)
    assert "outline" not in str(caught.value)
    assert list(tmp_path.rglob("masks")) == []
    assert len(indexed(root, classes=("thing 299", "thing 2")).classes) == 2


@pytest.mark.parametrize(
    ("listed", "unannotated", "why"),
    [
        ({}, "keep", r"instances_train2014\.json lists no image: export it again with `images`"),
        (
            {1: "a.png"},
            "skip",
            r"no image of .*train2014\.json has an annotation: annotate some, or set dataset\.unann",
        ),
    ],
)
def test_files_that_list_nothing_are_refused(listed: dict[int, str], unannotated: str, why: str, tmp_path: Path):
    root = coco_folder(tmp_path / "data")
    for split in ("train", "val"):
        write_coco(root / f"annotations/instances_{split}2014.json", listed, [])
    with pytest.raises(DataError, match=why):
        indexed(root, unannotated=unannotated)
