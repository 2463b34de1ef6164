"""All that a devkit names, whatever is wrong with parts of it."""

from pathlib import Path

import pytest
from data_sets import LISTS, devkit, draw_image, edit

from wsss.data.layouts.voc import VOC
from wsss.data.layouts.voc_listing import list_voc


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return devkit(tmp_path / "it's a kit")


def test_a_good_devkit_is_listed_as_it_is_indexed(root: Path):
    writer = VOC(root=root)
    listing, index = list_voc(writer), writer.index(root)
    assert listing.problems == listing.unlisted == listing.unread == ()
    assert (listing.splits, listing.classes, listing.root) == (index.splits, index.classes, index.root)
    for entry in listing.entries:
        record = index.records[entry.id]
        assert (entry.image, entry.mask) == (record.image, record.mask)
        assert {index.classes[c] for c in record.classes} == set(entry.names)


def test_mistakes_do_not_hide_each_other(root: Path):
    (root / LISTS / "train.txt").write_text("a\nb\nc\na\ngone\n")
    (root / "Annotations/b.xml").unlink()
    (root / "Annotations/c.xml").write_text("<annotation>")
    edit(root / "Annotations/d.xml", "<name>dog</name>", "")
    draw_image(root / "JPEGImages/e.jpg", key=9)
    listing = list_voc(VOC(root=root))
    assert [(problem.kind, problem.why.partition(f"{root}/")[2] or problem.why) for problem in listing.problems] == [
        ("list", f"{LISTS}/train.txt lists a twice, in lines 1 and 4: delete one"),
        ("list", f"{LISTS}/train.txt lists gone, which JPEGImages lacks: put it there, or take it out"),
        ("name", "JPEGImages: e.jpg, e.png have one id, 'e': rename all but one of them"),
        (
            "label",
            "Annotations/b.xml is not there, where labels are read: put it there, or take the image out of the lists",
        ),
        ("label", "Annotations/c.xml is not XML (no element found: line 1, column 12): copy it again"),
        ("label", "Annotations/d.xml has an object without a name: write <name> into every <object>"),
    ]
    assert [entry.id for entry in listing.entries] == ["a", "b", "c", "d", "e"]
    assert listing.unread == ("b", "c", "d")
    assert listing.splits == {"train": ("a", "b", "c"), "val": ("d", "e")}


def test_images_in_no_list_are_told(root: Path):
    (root / LISTS / "val.txt").write_text("d\n")
    assert list_voc(VOC(root=root)).unlisted == ("e.png",)


def test_a_missing_list_leaves_the_other(root: Path):
    (root / LISTS / "val.txt").unlink()
    listing = list_voc(VOC(root=root))
    assert [problem.kind for problem in listing.problems] == ["list"]
    assert "there is no list" in listing.problems[0].why
    assert listing.splits == {"train": ("a", "b", "c"), "val": ()}


def test_masks_of_nothing(root: Path):
    (problem,) = list_voc(VOC(root=root, masks="Annotations")).problems
    assert problem.kind == "mask"
    assert "holds no mask of any image" in problem.why


def test_what_is_no_devkit_is_one_problem(tmp_path: Path):
    listing = list_voc(VOC(root=tmp_path))
    assert [problem.kind for problem in listing.problems] == ["layout"]
    assert listing.entries == ()
