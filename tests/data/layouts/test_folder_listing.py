"""All that a folder of one's own names, whatever is wrong with parts of it."""

import json
from pathlib import Path

import pytest
from data_sets import draw_image, own_folder

from wsss.data.layouts.folder import Folder
from wsss.data.layouts.folder_listing import list_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return own_folder(tmp_path / "my photos")


@pytest.mark.parametrize("options", [{}, {"masks": "masks"}, {"labels": "labels.json", "val_fraction": 0.4}])
def test_a_good_folder_is_listed_as_it_is_indexed(options: dict[str, object], root: Path):
    (root / "labels.json").write_text(json.dumps({f"{image}.png": ["cat"] for image in "abcd"}))
    writer = Folder(root=root, **options)
    listing, index = list_folder(writer), writer.index(root)
    assert listing.problems == ()
    assert (listing.splits, listing.classes, listing.root) == (index.splits, index.classes, index.root)
    assert {(entry.id, entry.image, entry.mask) for entry in listing.entries} == {
        (record.id, record.image, record.mask) for record in index.records.values()
    }


def test_folders_as_classes(root: Path):
    for name in ("cat/1.png", "dog/1.png", "loose.png"):
        draw_image(root / "by class" / name, key=0)
    listing = list_folder(Folder(root=root, images="by class", labels=None))
    assert [(entry.id, entry.names) for entry in listing.entries] == [("cat/1", ("cat",)), ("dog/1", ("dog",))]
    (problem,) = listing.problems
    assert (problem.kind, problem.why) == ("label", "by class/loose.png lies in the folder of no class: move it there")


def test_mistakes_do_not_hide_each_other(root: Path):
    with (root / "labels.csv").open("a") as file:
        file.write("gone.png,cat,train\na.png,dog,val\nb.png\nn.jpg,dog,train\nn.png,dog,train\n")
    for name in ("n.jpg", "n.png", "caf\u00e9.png", "cafe\u0301.png"):
        draw_image(root / "images" / name, key=1)
    listing = list_folder(Folder(root=root, masks="nowhere"))
    assert [problem.kind for problem in listing.problems] == ["name", "label", "label", "list", "name", "mask"]
    twins, repeated, short, gone, ambiguous, masks = (problem.why for problem in listing.problems)
    assert "are one name in two forms of Unicode" in twins
    assert f"{root}/labels.csv lists 'a.png' twice, in lines 2 and 8" in repeated
    assert f"{root}/labels.csv, line 9 has 1 columns and the header 3" in short
    assert f"{root}/labels.csv, line 7: 'gone.png' is not in 'images'" in gone
    assert "n.jpg, n.png have one id, 'n'" in ambiguous
    assert "there is no folder" in masks
    assert [entry.id for entry in listing.entries] == ["a", "b", "c", "d", "e", "n"]
    assert listing.unlisted in (("caf\u00e9.png",), ("cafe\u0301.png",))


@pytest.mark.parametrize("gone", ["images", "labels.csv"])
def test_what_is_no_such_folder_is_one_problem(gone: str, root: Path):
    (root / gone).rename(root / "elsewhere")
    assert [problem.kind for problem in list_folder(Folder(root=root)).problems] == ["layout"]


def test_no_image_at_all(root: Path):
    (root / "nothing").mkdir()
    (problem,) = list_folder(Folder(root=root, images="nothing")).problems
    assert "nothing holds no image" in problem.why
