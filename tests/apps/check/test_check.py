"""A check of a whole data set: it refuses what a run refuses, names all of it, and counts the rest."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from damages import HARMLESS, REFUSED, cut
from data_sets import CAT, DOG, LISTS, PERSON, annotate, checked, devkit, draw_image, draw_mask, edit, own_folder

from wsss.apps.check.check import check_dataset
from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.toy import Toy
from wsss.data.layouts.voc import VOC, VOC_CLASSES
from wsss.errors import DataError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return devkit(tmp_path / "kit")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return own_folder(tmp_path / "own")


def run_refuses(layout: Layout, into: Path) -> bool:
    """Whether a run would: it indexes, asks for its splits, and learns from labels."""
    try:
        index = layout.index(into)
        index.split("val")
        return not any(record.classes for record in index.split("train"))
    except DataError:
        return True


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_run_refuses_is_a_problem(name: str, root: Path) -> None:
    damage, kinds = REFUSED[name]
    damage(root)
    layout = VOC(root=root)
    assert run_refuses(layout, root)
    assert [problem.kind for problem in checked(layout).problems] == kinds


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_run_takes_is_none(name: str, root: Path) -> None:
    HARMLESS[name](root)
    layout = VOC(root=root)
    assert not run_refuses(layout, root)
    assert checked(layout).problems == ()


def test_all_of_it_at_once(root: Path) -> None:
    cut(root / "JPEGImages/a.png")
    draw_mask(root / "SegmentationClass/b.png", [99])
    annotate(root, "c", ["yeti"])
    (root / LISTS / "val.txt").write_text("d\ngone\n")
    assert [problem.kind for problem in checked(VOC(root=root)).problems] == ["list", "image", "mask", "class"]


def test_a_folder_is_checked_as_a_devkit_is(own: Path) -> None:
    layout = Folder(root=own, masks="masks")
    assert checked(layout).problems == ()
    cut(own / "images/a.png")
    edit(own / "labels.csv", "e.png,,val", "e.png,,test")
    edit(own / "labels.csv", "d.png,dog;person,val", "d.png,dog;person,train")
    assert run_refuses(layout, own)
    image, split = checked(layout).problems
    assert image.kind == "image"
    assert split.why == (
        "there is no split 'val'; this data set has: test, train: choose among them with splits.train and "
        "splits.val, or list images for it"
    )
    assert [problem.kind for problem in checked(layout, val="test").problems] == ["image"]


def test_images_that_are_skipped_are_no_problem(root: Path) -> None:
    cut(root / "JPEGImages/a.png")
    layout = VOC(root=root, on_bad_image="skip")
    found = checked(layout)
    assert not run_refuses(layout, root)
    assert found.problems == ()
    assert len(found.skipped) == 1
    assert "a.png" in found.skipped[0]
    for image in "bc":
        cut(root / f"JPEGImages/{image}.png")
    assert run_refuses(layout, root)
    assert [problem.kind for problem in checked(layout).problems] == ["split"]


def test_counts_by_hand(root: Path) -> None:
    found = checked(VOC(root=root, classes=("dog", "cat", "person", "cow"), masks=None))
    train, val = found.splits["train"], found.splits["val"]
    assert (train.images, train.negatives, train.masks, train.by_class) == (3, 0, 0, (2, 1, 1, 0))
    assert (val.images, val.negatives, val.masks, val.by_class) == (2, 1, 0, (1, 0, 1, 0))
    np.testing.assert_array_equal(found.together, [[3, 1, 1, 0], [1, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]])
    assert [note.partition(";")[0] for note in found.notes] == [
        "no image of split 'train' shows cow: this cannot be learnt"
    ]
    assert found.negatives == ("JPEGImages/e.png",)


def test_an_image_whose_labels_cannot_be_read_is_no_negative_and_not_compared(root: Path) -> None:
    (root / "Annotations/a.xml").unlink()
    found = checked(VOC(root=root))
    assert found.negatives == ("JPEGImages/e.png",)
    assert not any(each.not_labelled for each in found.masks)


def test_labels_against_masks(root: Path) -> None:
    draw_mask(root / "SegmentationClass/a.png", [CAT, CAT, 255, DOG])  # labelled dog
    draw_mask(root / "SegmentationClass/c.png", [CAT])  # labelled person
    found = checked(VOC(root=root)).masks
    cat, dog, person = (found[VOC_CLASSES.index(name)] for name in ("cat", "dog", "person"))
    assert (cat.agreed, cat.not_drawn) == (1, ())
    assert cat.not_labelled == {"JPEGImages/a.png": 2, "JPEGImages/c.png": 1}
    assert (dog.agreed, dog.not_drawn, dog.not_labelled) == (3, (), {})
    assert (person.agreed, person.not_drawn, person.not_labelled) == (1, ("JPEGImages/c.png",), {})
    assert found[PERSON] == found[0]  # tvmonitor: shown and drawn nowhere


def test_equal_images(root: Path) -> None:
    shutil.copy(root / "JPEGImages/a.png", root / "JPEGImages/d.png")
    draw_image(root / "JPEGImages/c.png", key=1)
    (root / "JPEGImages/c.png").write_bytes((root / "JPEGImages/c.png").read_bytes() + b"\0")
    first, second = checked(VOC(root=root)).duplicates
    assert (first.images, first.splits) == (("JPEGImages/a.png", "JPEGImages/d.png"), ("train", "val"))
    assert (first.same_file, first.same_labels) == (True, False)
    assert (second.images, second.splits) == (("JPEGImages/b.png", "JPEGImages/c.png"), ("train",))
    assert not second.same_file


def test_images_in_several_splits(root: Path) -> None:
    (root / LISTS / "val.txt").write_text("d\nb\n")
    assert checked(VOC(root=root)).repeated == ("JPEGImages/b.png",)


def test_sizes(root: Path) -> None:
    draw_image(root / "JPEGImages/e.png", key=4, size=(3000, 2))
    sizes = checked(VOC(root=root, masks=None)).sizes
    assert sizes is not None
    assert (sizes.width, sizes.height) == ((6, 6, 3000), (2, 4, 4))
    assert sizes.megapixels == (24e-6, 24e-6, 6000e-6)


def test_a_data_set_of_which_nothing_can_be_read(root: Path) -> None:
    for path in (root / "JPEGImages").iterdir():
        cut(path)
    found = checked(VOC(root=root))
    assert [problem.kind for problem in found.problems] == ["image"] * 5
    assert found.sizes is None


def test_what_is_drawn_is_checked_too(tmp_path: Path) -> None:
    found = check_dataset(Toy(train=9, val=4, size=32), into=tmp_path)
    assert found.problems == ()
    assert {name: split.images for name, split in found.splits.items()} == {"train": 9, "val": 4}
    assert found.negatives == ("images/train_0008.png",)


def test_images_without_a_class_leave_nothing_to_learn(root: Path) -> None:
    for image in "abc":
        annotate(root, image, [])
    assert [(problem.kind, problem.why) for problem in checked(VOC(root=root, masks=None)).problems] == [
        ("label", "no image of split 'train' shows any class: give images their labels")
    ]


def test_notes_of_the_layout_are_kept(own: Path) -> None:
    draw_image(own / "images/z.png", key=9)
    (note,) = checked(Folder(root=own)).notes
    assert note.startswith("left out, 1 of 6 images in 'images', because labels.csv does not list them")
