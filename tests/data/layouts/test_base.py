"""What all layouts share: labels by name, masks that fit their images, and every mistake named at once."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss.data.index import Record
from wsss.data.layouts.base import Entry, build_index, class_indices, image_id, match_masks
from wsss.data.layouts.toy import Toy
from wsss.errors import ConfigError, DataError
from wsss.types import Size

CLASSES = ("cat", "dog")


def entry(image_id: str, *names: str, mask: bool = False) -> Entry:
    return Entry(
        id=image_id,
        image=f"{image_id}.png",
        names=names,
        source="a list",
        mask=f"{image_id} mask.png" if mask else None,
    )


def draw(root: Path, name: str, *labels: int, height: int = 2, width: int = 3) -> None:
    """Write an image `<name>.png`, and a mask whose first pixels are the labels."""
    Image.new("RGB", (width, height)).save(root / f"{name}.png")
    mask = np.zeros((2, 3), dtype=np.uint8)
    mask.flat[: len(labels)] = labels
    Image.fromarray(mask).save(root / f"{name} mask.png")


def test_records_hold_increasing_classes_and_sizes(tmp_path: Path):
    draw(tmp_path, "a", 0, 2, 255)
    draw(tmp_path, "b")
    entries = [entry("a", "dog", "cat", "dog", mask=True), entry("b")]
    index = build_index(entries, classes=CLASSES, splits={"train": ["b", "a"]}, root=tmp_path)
    size = Size(height=2, width=3)
    assert index.split("train") == (
        Record(id="b", image="b.png", size=size, classes=()),
        Record(id="a", image="a.png", size=size, classes=(0, 1), mask="a mask.png"),
    )


def test_unknown_names_are_reported_together_with_where_they_first_stand():
    entries = [
        Entry(id="a", image="a.png", names=("cow", "cat"), source="line 2"),
        Entry(id="b", image="b.png", names=("cow", "ant"), source="line 3"),
    ]
    with pytest.raises(
        DataError, match=r"not classes: 'ant' \(line 3\), 'cow' \(line 2\); `dataset.classes` has cat, dog"
    ):
        class_indices(entries, classes=CLASSES)


def test_mask_of_another_size(tmp_path: Path):
    draw(tmp_path, "a", height=4, width=5)
    with pytest.raises(DataError, match=r"a mask\.png is 3 x 2 pixels and its image 5 x 4: draw"):
        build_index([entry("a", "cat", mask=True)], classes=CLASSES, splits={"train": ["a"]}, root=tmp_path)


def test_mask_with_a_label_of_no_class(tmp_path: Path):
    draw(tmp_path, "a", 2, 3, 128)
    wanted = r"a mask\.png holds the labels 3, 128: draw 0 for background, 1 for cat, 2 for dog, and 255 for pixels to"
    with pytest.raises(DataError, match=wanted):
        build_index([entry("a", "cat", mask=True)], classes=CLASSES, splits={"train": ["a"]}, root=tmp_path)


def test_masks_of_0_and_255_mean_that_objects_were_drawn_in_white(tmp_path: Path):
    draw(tmp_path, "a", 255)
    draw(tmp_path, "b", 255, 255)
    splits = {"train": ["a", "b"]}
    with pytest.raises(DataError, match="the masks hold only 0 and 255"):
        build_index([entry(i, "cat", mask=True) for i in "ab"], classes=CLASSES, splits=splits, root=tmp_path)
    draw(tmp_path, "b", 255, 1)
    build_index([entry(i, "cat", mask=True) for i in "ab"], classes=CLASSES, splits=splits, root=tmp_path)


def test_masks_of_negatives_may_be_empty(tmp_path: Path):
    draw(tmp_path, "a")
    draw(tmp_path, "b", 255)
    splits = {"train": ["a", "b"]}
    build_index([entry(i, mask=True) for i in "ab"], classes=CLASSES, splits=splits, root=tmp_path)


def test_all_broken_files_are_listed(tmp_path: Path):
    draw(tmp_path, "a")
    (tmp_path / "a.png").write_bytes(b"")
    draw(tmp_path, "c", 9)
    with pytest.raises(DataError) as caught:
        build_index(
            [entry("a"), entry("b"), entry("c", mask=True)], classes=CLASSES, splits={"train": ["a"]}, root=tmp_path
        )
    first, *lines = str(caught.value).splitlines()
    assert first == "3 files cannot be used:"
    assert ["a.png is empty" in lines[0], "b.png is not there" in lines[1], "holds the labels 9" in lines[2]] == [
        True
    ] * 3


def test_long_lists_of_broken_files_are_cut(tmp_path: Path):
    entries = [entry(str(i)) for i in range(14)]
    with pytest.raises(DataError) as caught:
        build_index(entries, classes=CLASSES, splits={"train": ["0"]}, root=tmp_path)
    *_, more, remedy = str(caught.value).splitlines()
    assert more == "  and 4 more"
    assert remedy == "  dataset.on_bad_image=skip leaves out images that cannot be read"
    assert len(str(caught.value).splitlines()) == 13


def test_what_cannot_be_read_is_left_out_on_demand_and_noted(tmp_path: Path):
    for name in "abcd":
        draw(tmp_path, name)
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "c.png").write_text("<html>")
    splits = {"train": ["b", "a"], "val": ["c", "d"]}
    entries = [entry(i, "cat") for i in "abcd"]
    index = build_index(
        entries, classes=CLASSES, splits=splits, root=tmp_path, on_bad_image="skip", notes=["a word before"]
    )
    assert index.splits == {"train": ("a",), "val": ("d",)}
    assert list(index.records) == ["a", "d"]
    before, note = index.notes
    assert before == "a word before"
    assert note.startswith("left out (dataset.on_bad_image=skip), 2 of 4 images, which cannot be read: b.png is empty")
    assert "; c.png is not an image" in note


def test_a_split_of_which_nothing_can_be_read_is_refused(tmp_path: Path):
    draw(tmp_path, "a")
    with pytest.raises(DataError, match=r"split 'val' is empty: none of its images can be read; b\.png is not there"):
        build_index(
            [entry("a"), entry("b")],
            classes=CLASSES,
            splits={"train": ["a"], "val": ["b"]},
            root=tmp_path,
            on_bad_image="skip",
        )


def test_a_broken_mask_is_refused_whatever_is_said_of_images(tmp_path: Path):
    draw(tmp_path, "a")
    (tmp_path / "a mask.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"a mask\.png is empty \(0 bytes\): copy it again$"):
        build_index(
            [entry("a", mask=True)], classes=CLASSES, splits={"train": ["a"]}, root=tmp_path, on_bad_image="skip"
        )


def test_large_images_are_noted(tmp_path: Path):
    Image.new("1", (5000, 4000)).save(tmp_path / "a.png")
    index = build_index([entry("a")], classes=CLASSES, splits={"train": ["a"]}, root=tmp_path)
    assert [note[:52] for note in index.notes] == ["large images, 1 of 1 (a.png, 5000 x 4000 pixels): wh"]


def test_masks_are_matched_by_id_in_any_normal_form(tmp_path: Path):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    (tmp_path / "masks" / "sub").mkdir(parents=True)
    for name in (f"{decomposed}.png", "sub/x.1.png", "y.txt"):
        (tmp_path / "masks" / name).touch()
    masks = match_masks([composed, "sub/x.1", "y"], root=tmp_path, folder="masks")
    assert masks == {composed: f"masks/{decomposed}.png", "sub/x.1": "masks/sub/x.1.png"}
    assert image_id(f"{decomposed}.png") == composed


def test_masks_that_belong_to_no_image(tmp_path: Path):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a_mask.png").touch()
    with pytest.raises(DataError, match=r"masks holds no mask of any image, such as a\.png"):
        match_masks(["a"], root=tmp_path, folder="masks")
    with pytest.raises(DataError, match=r"there is no folder .*gone.*dataset\.masks=null"):
        match_masks(["a"], root=tmp_path, folder="gone")
    assert match_masks(["a"], root=tmp_path, folder=None) == {}


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_keeps_nothing_is_refused(limit: int):
    with pytest.raises(ConfigError, match=r"dataset\.limit: -?\d keeps no image; use 1 or more"):
        Toy(train=1, val=1, limit=limit)
