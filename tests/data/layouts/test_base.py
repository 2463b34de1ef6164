"""What all layouts share: labels by name, masks that fit their images, and every mistake named at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wsss.data.index import Index, Record
from wsss.data.layouts.base import Layout, ambiguous, by_id
from wsss.data.layouts.toy import Toy
from wsss.data.listing import Entry, Listing, Problem
from wsss.errors import ConfigError, DataError
from wsss.types import Size

CLASSES = ("cat", "dog")


@dataclass(frozen=True, kw_only=True)
class Listed(Layout):
    """A layout that lists what it is given."""

    given: Listing

    def home(self) -> Path:
        return self.given.root

    def sources(self) -> tuple[Path, ...]:
        return ()

    def listing(self, into: Path) -> Listing:
        return self.given


def build_index(
    entries: Sequence[Entry],
    *,
    splits: Mapping[str, Sequence[str]],
    root: Path,
    notes: tuple[str, ...] = (),
    **given: Any,
) -> Index:
    listing = Listing(
        root=root,
        classes=CLASSES,
        entries=tuple(entries),
        splits={name: tuple(ids) for name, ids in splits.items()},
        notes=notes,
    )
    return Listed(given=listing, **given).index(root)


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
    index = build_index(entries, splits={"train": ["b", "a"]}, root=tmp_path)
    size = Size(height=2, width=3)
    digests = [blake2b((tmp_path / f"{i}.png").read_bytes(), digest_size=16).hexdigest() for i in "ab"]
    assert index.split("train") == (
        Record(id="b", image="b.png", size=size, classes=(), digest=digests[1]),
        Record(id="a", image="a.png", size=size, classes=(0, 1), mask="a mask.png", digest=digests[0]),
    )


def test_unknown_names_are_reported_together_with_where_they_first_stand(tmp_path: Path):
    for name in "ab":
        draw(tmp_path, name)
    entries = [
        Entry(id="a", image="a.png", names=("cow", "cat"), source="line 2"),
        Entry(id="b", image="b.png", names=("cow", "ant"), source="line 3"),
    ]
    said = (
        r"1 image is labelled 'ant', which is not a class \(line 3\): correct the label, or add the class to "
        r"`dataset\.classes`, which has cat, dog; the same of 1 more: 'cow' \(line 2\)$"
    )
    with pytest.raises(DataError, match=said):
        build_index(entries, splits={"train": ["a", "b"]}, root=tmp_path)


def test_the_listings_problems_are_raised_before_an_image_is_opened(tmp_path: Path):
    problems = (Problem(kind="list", why="a is twice there"), Problem(kind="label", why="b has no label"))
    listing = Listing(root=tmp_path, classes=CLASSES, entries=(entry("gone"),), problems=problems)
    with pytest.raises(DataError, match=r"^2 problems of the data set:\n  a is twice there\n  b has no label$"):
        Listed(given=listing).index(tmp_path)


def test_mask_of_another_size(tmp_path: Path):
    draw(tmp_path, "a", height=4, width=5)
    with pytest.raises(DataError, match=r"a mask\.png is 3 x 2 pixels and its image 5 x 4: draw"):
        build_index([entry("a", "cat", mask=True)], splits={"train": ["a"]}, root=tmp_path)


def test_mask_with_a_label_of_no_class(tmp_path: Path):
    draw(tmp_path, "a", 2, 3, 128)
    wanted = r"a mask\.png holds the labels 3, 128: draw 0 for background, 1 for cat, 2 for dog, and 255 for pixels to"
    with pytest.raises(DataError, match=wanted):
        build_index([entry("a", "cat", mask=True)], splits={"train": ["a"]}, root=tmp_path)


def test_masks_of_0_and_255_mean_that_objects_were_drawn_in_white(tmp_path: Path):
    draw(tmp_path, "a", 255)
    draw(tmp_path, "b", 255, 255)
    splits = {"train": ["a", "b"]}
    with pytest.raises(DataError, match="the masks hold only 0 and 255"):
        build_index([entry(i, "cat", mask=True) for i in "ab"], splits=splits, root=tmp_path)
    draw(tmp_path, "b", 255, 1)
    build_index([entry(i, "cat", mask=True) for i in "ab"], splits=splits, root=tmp_path)


def test_masks_of_negatives_may_be_empty(tmp_path: Path):
    draw(tmp_path, "a")
    draw(tmp_path, "b", 255)
    splits = {"train": ["a", "b"]}
    build_index([entry(i, mask=True) for i in "ab"], splits=splits, root=tmp_path)


def test_all_broken_files_are_listed(tmp_path: Path):
    draw(tmp_path, "a")
    (tmp_path / "a.png").write_bytes(b"")
    draw(tmp_path, "c", 9)
    with pytest.raises(DataError) as caught:
        build_index([entry("a"), entry("b"), entry("c", mask=True)], splits={"train": ["a"]}, root=tmp_path)
    first, *lines = str(caught.value).splitlines()
    assert first == "3 problems of the data set:"
    assert ["a.png is empty" in lines[0], "b.png is not there" in lines[1], "holds the labels 9" in lines[2]] == [
        True
    ] * 3


def test_files_with_one_complaint_are_told_once(tmp_path: Path):
    with pytest.raises(DataError) as caught:
        build_index([entry(str(i)) for i in range(14)], splits={"train": ["0"]}, root=tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/0.png is not there: put it back, or take it out of the list that names it; "
        "the same of 13 more: 1.png, 2.png, 3.png and 10 more; "
        "dataset.on_bad_image=skip leaves out images that cannot be read"
    )


def test_what_cannot_be_read_is_left_out_on_demand_and_noted(tmp_path: Path):
    for name in "abcd":
        draw(tmp_path, name)
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "c.png").write_text("<html>")
    splits = {"train": ["b", "a"], "val": ["c", "d"]}
    entries = [entry(i, "cat") for i in "abcd"]
    index = build_index(entries, splits=splits, root=tmp_path, on_bad_image="skip", notes=("a word before",))
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
            splits={"train": ["a"], "val": ["b"]},
            root=tmp_path,
            on_bad_image="skip",
        )


def test_a_broken_mask_is_refused_whatever_is_said_of_images(tmp_path: Path):
    draw(tmp_path, "a")
    (tmp_path / "a mask.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"a mask\.png is empty \(0 bytes\): copy it again$"):
        build_index([entry("a", mask=True)], splits={"train": ["a"]}, root=tmp_path, on_bad_image="skip")


def test_large_images_are_noted(tmp_path: Path):
    Image.new("1", (5000, 4000)).save(tmp_path / "a.png")
    index = build_index([entry("a")], splits={"train": ["a"]}, root=tmp_path)
    assert [note[:52] for note in index.notes] == ["large images, 1 of 1 (a.png, 5000 x 4000 pixels): wh"]


def test_images_of_one_id_are_named_together():
    paths = by_id(["a.jpg", "sub/a.jpg", "a.png"])
    assert paths == {"a": ["a.jpg", "a.png"], "sub/a": ["sub/a.jpg"]}
    (problem,) = ambiguous(paths, folder="images")
    assert (problem.kind, problem.why) == ("name", "images: a.jpg and a.png have one id, 'a': rename one of them")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_keeps_nothing_is_refused(limit: int):
    with pytest.raises(ConfigError, match=r"dataset\.limit: -?\d keeps no image; use 1 or more"):
        Toy(train=1, val=1, limit=limit)


def test_large_images_are_reduced_and_small_ones_are_not(tmp_path: Path):
    for name, size in (("a", (60, 40)), ("b", (20, 10))):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
    made = build_index([entry("a"), entry("b")], splits={"train": ["a", "b"]}, root=tmp_path, long_side=32)
    assert [record.size for record in made.split("train")] == [Size(height=21, width=32), Size(height=10, width=20)]
    assert made.long_side == 32
    for record in made.split("train"):
        assert made.pixels(record).shape[:2] == record.size.over(1)


def test_a_side_at_which_nothing_is_seen_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"dataset\.long_side: 31 shows nothing; use at least 32, or null"):
        Toy(train=1, val=1, long_side=31)
    Toy(train=1, val=1, long_side=32)
