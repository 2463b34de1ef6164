"""What is said of a check, as numbers and sentences."""

from pathlib import Path

import pytest
from data_sets import CAT, LISTS, annotate, checked, devkit, draw_image, draw_mask

from wsss.apps.check.findings import Check
from wsss.apps.check.tables import remarks, tables, together, verdict
from wsss.data.layouts.voc import VOC

CLASSES = ("cat", "dog", "person")


@pytest.fixture
def good(tmp_path: Path) -> Check:
    return checked(VOC(root=devkit(tmp_path / "good"), classes=CLASSES, masks=None))


@pytest.fixture
def odd(tmp_path: Path) -> Check:
    """Labels and masks that disagree, an image twice, one in both splits, one in no list, a damaged one."""
    root = devkit(tmp_path / "odd")
    annotate(root, "a", ["cat"])
    draw_mask(root / "SegmentationClass/c.png", [CAT, CAT])
    draw_image(root / "JPEGImages/d.png", key=0)
    draw_image(root / "JPEGImages/z.png", key=7)
    (root / "JPEGImages/e.png").write_bytes(b"")
    (root / LISTS / "val.txt").write_text("d\ne\nb\n")
    return checked(VOC(root=root))


def test_numbers(good: Check) -> None:
    splits, classes, sizes = tables(good)
    assert splits.rows == (("train", 3, 0, 0), ("val", 2, 1, 0))
    assert classes.columns == ("class", "train", "train %", "val", "val %")
    assert classes.rows == (
        ("cat", 1, "33.3", 0, "0.0"),
        ("dog", 2, "66.7", 1, "50.0"),
        ("person", 1, "33.3", 1, "50.0"),
    )
    assert sizes.rows == (
        ("width, pixels", "6", "6", "6"),
        ("height, pixels", "4", "4", "4"),
        ("pixels, millions", "0.00", "0.00", "0.00"),
    )
    assert all(len(row) == len(table.columns) for table in (splits, classes, sizes) for row in table.rows)


def test_classes_shown_together(good: Check) -> None:
    assert together(good).rows == (("cat", "dog 1"), ("dog", "cat 1, person 1"), ("person", "dog 1"))


def test_classes_without_company(tmp_path: Path) -> None:
    root = devkit(tmp_path)
    annotate(root, "b", ["cat"])
    assert together(checked(VOC(root=root, masks=None))).rows[0] == ("cat", "nothing else")


def test_a_good_data_set(good: Check) -> None:
    assert verdict(good) == "a run takes this data set: 5 images, nothing to refuse"
    assert remarks(good) == [
        "1 image is without a label; they are learnt as showing none of the classes: JPEGImages/e.png"
    ]


def test_an_odd_one(odd: Check) -> None:
    assert verdict(odd) == "a run refuses this data set: 1 problem (image 1)"
    *_, masks, duplicates = tables(odd)
    assert masks.rows == (("cat", 1, 1, 1, 2), ("dog", 2, 0, 1, 1), ("person", 1, 1, 0, 0))
    assert duplicates.rows == (
        ("JPEGImages/a.png, JPEGImages/d.png", "train, val", "the same file, labelled differently, in several splits"),
    )
    said = "\n".join(remarks(odd))
    for words in (
        "1 image is in several splits; what is learnt in one is known in the other: JPEGImages/b.png",
        "1 image is there, but in no list; a run leaves them out: z.png",
        "dataset.on_bad_image=skip leaves out images that cannot be read, here 1, and goes on",
        "no image of split 'train' shows aeroplane, bicycle, bird, boat, bottle, bus, car, chair, ",
        "1 group of equal images, 1 of them in several splits",
    ):
        assert words in said
    assert "agree" not in said


def test_agreement_is_said(tmp_path: Path) -> None:
    found = checked(VOC(root=devkit(tmp_path)))
    assert "labels and masks agree on every image that has a mask which can be read" in remarks(found)
    assert "Labels against masks" not in [table.title for table in tables(found)]


def test_long_lists_are_cut(tmp_path: Path) -> None:
    root = devkit(tmp_path)
    for key in range(7):
        draw_image(root / "JPEGImages" / f"z{key}.png", key=key + 10)
    (said,) = [remark for remark in remarks(checked(VOC(root=root))) if "no list" in remark]
    assert said.endswith("z0.png, z1.png, z2.png, z3.png, z4.png and 2 more")


def test_nothing_to_count(tmp_path: Path) -> None:
    found = checked(VOC(root=tmp_path))
    assert tables(found) == []
    assert verdict(found) == "a run refuses this data set: 1 problem (layout 1)"
