"""One's own images: layouts, splits that stay as they are, and each mistake that people make."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from data_sets import draw_image, own_folder
from PIL import Image

from wsss.data.layouts.folder import Folder, label_file_at
from wsss.errors import ConfigError, DataError

Make = Callable[..., Path]
NOWHERE = Path("unused")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what makes a data set: images by name, and the lines of a CSV below its header, if any."""

    def folder(*images: str, rows: str | None = None, header: str = "image,labels") -> Path:
        for image in images:
            path = tmp_path / "images" / image
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (5, 4)).save(path, format="PNG")
        if rows is not None:
            (tmp_path / "labels.csv").write_text("\n".join([header, *rows.split()]), encoding="utf-8")
        return tmp_path

    return folder


def shown(root: Path, **options: object) -> dict[str, list[str]]:
    index = Folder(root=root, **options).index(NOWHERE)
    return {i: [index.classes[c] for c in record.classes] for i, record in index.records.items()}


def test_csv_with_splits(make: Make):
    root = make(
        "a.jpg",
        "sub/b.png",
        "c.jpg",
        rows="a.jpg,dog;cat,train sub/b.png,,val c.jpg,cat,train",
        header="image,labels,split",
    )
    index = Folder(root=root).index(NOWHERE)
    assert index.classes == ("cat", "dog")
    assert index.splits == {"train": ("a", "c"), "val": ("sub/b",)}
    assert index.records["a"].classes == (0, 1)
    assert index.records["sub/b"].classes == ()
    assert index.records["sub/b"].image == "images/sub/b.png"
    assert all(index.image_path(record).is_file() for record in index.records.values())


def test_a_split_has_the_order_of_the_label_file(make: Make):
    rows = "c.jpg,cat,train a.jpg,cat,train b.jpg,cat,train"
    root = make("a.jpg", "b.jpg", "c.jpg", rows=rows, header="image,labels,split")
    assert Folder(root=root).index(NOWHERE).splits == {"train": ("c", "a", "b")}
    assert Folder(root=root, limit=1).index(NOWHERE).splits == {"train": ("c",)}


def test_labels_are_separated_as_the_option_says(make: Make):
    root = make("a.jpg", "b.jpg", rows="a.jpg,dog|cat b.jpg,cow;calf")
    assert shown(root, separator="|", classes=("cat", "dog", "cow;calf")) == {"a": ["cat", "dog"], "b": ["cow;calf"]}


def test_classes_in_an_order_of_ones_own(make: Make):
    root = make("a.jpg", "b.jpg", rows="a.jpg,dog b.jpg,cat")
    assert Folder(root=root, classes=("dog", "cat", "cow")).index(NOWHERE).records["a"].classes == (0,)
    with pytest.raises(DataError, match=r"labelled 'cat', which is not a class \(.*labels\.csv, line 3\)"):
        Folder(root=root, classes=("dog",)).index(NOWHERE)


def test_a_line_for_each_label(make: Make):
    root = make("a.jpg", "b.jpg", rows="a.jpg,dog b.jpg,cat a.jpg,cat")
    assert shown(root, label_per_line=True) == {"a": ["cat", "dog"], "b": ["cat"]}
    with pytest.raises(DataError, match=r"set dataset\.label_per_line=true"):
        shown(root)


def test_json(make: Make):
    root = make("it's a cat (1).jpg", "b.jpg")
    (root / "my labels.json").write_text(json.dumps({"it's a cat (1).jpg": ["cat"], "b.jpg": []}))
    assert shown(root, labels="my labels.json") == {"it's a cat (1)": ["cat"], "b": []}


def test_a_folder_a_class(make: Make):
    root = make("sea lion/1.jpg", "cat/1.jpg", "cat/more/2.jpg")
    assert shown(root, labels=None) == {"cat/1": ["cat"], "cat/more/2": ["cat"], "sea lion/1": ["sea lion"]}


def test_an_image_in_the_folder_of_no_class(make: Make):
    with pytest.raises(DataError, match=r"images/x\.jpg lies in the folder of no class: move it"):
        Folder(root=make("cat/1.jpg", "x.jpg"), labels=None).index(NOWHERE)


def test_file_names_in_another_normal_form_than_the_label_file(make: Make):
    root = make("cafe\u0301.jpg", "b.jpg", rows="caf\u00e9.jpg,cat b.jpg,dog")
    index = Folder(root=root).index(NOWHERE)
    assert "caf\u00e9" in index.records
    assert index.image_path(index.records["caf\u00e9"]).is_file()


def test_masks_belong_to_images_by_id(make: Make):
    root = make("a.jpg", "sub/b.jpg", "c.jpg", rows="a.jpg,cat sub/b.jpg,cat c.jpg,")
    for mask in ("a", "sub/b"):
        (root / "masks" / mask).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 4), 1).save(root / "masks" / f"{mask}.png")
    records = Folder(root=root, masks="masks").index(NOWHERE).records
    assert {i: record.mask for i, record in records.items()} == {
        "a": "masks/a.png",
        "sub/b": "masks/sub/b.png",
        "c": None,
    }


def test_split_follows_from_the_id_and_not_from_order_or_company(make: Make):
    images = [f"{i}.jpg" for i in range(60)]
    root = make(*images, rows=" ".join(f"{image},cat" for image in images))
    first = Folder(root=root, val_fraction=0.3).index(NOWHERE).splits
    make(rows=" ".join(f"{image},cat" for image in images[:9:-1]))
    second = Folder(root=root, val_fraction=0.3).index(NOWHERE).splits
    assert sorted(first["train"] + first["val"]) == sorted(image[:-4] for image in images)
    assert 9 <= len(first["val"]) <= 27  # binomial(60, 0.3): 18 +- 3.5
    assert set(second["val"]) == {i for i in first["val"] if int(i) >= 10}


def test_both_splits_get_an_image(make: Make):
    root = make("a.jpg", "b.jpg", rows="a.jpg,cat b.jpg,dog")
    for fraction in (0.001, 0.999):
        splits = Folder(root=root, val_fraction=fraction).index(NOWHERE).splits
        assert [len(splits[name]) for name in ("train", "val")] == [1, 1]
    assert list(Folder(root=root, val_fraction=0).index(NOWHERE).splits) == ["train"]


def test_limit(make: Make):
    images = [f"{i}.jpg" for i in range(30)]
    root = make(*images, rows=" ".join(f"{image},cat" for image in images))
    index = Folder(root=root, limit=2).index(NOWHERE)
    assert [len(ids) for ids in index.splits.values()] == [2, 2]
    assert len(index.records) == 4


def test_unlisted_images_are_left_out_and_noted(make: Make):
    root = make("a.jpg", "b.jpg", "c.jpg", "d.jpg", rows="a.jpg,cat d.jpg,cat")
    index = Folder(root=root).index(NOWHERE)
    assert sorted(index.records) == ["a", "d"]
    (note,) = index.notes
    assert note.startswith("left out, 2 of 4 images in 'images', because labels.csv does not list them")
    assert note.endswith("b.jpg, c.jpg")


def test_no_note_where_all_are_listed(make: Make):
    assert Folder(root=make("a.jpg", "d.jpg", rows="a.jpg,cat d.jpg,cat")).index(NOWHERE).notes == ()


def test_images_that_cannot_be_read_are_left_out_on_demand(make: Make):
    root = make("a.jpg", "b.jpg", "c.jpg", rows="a.jpg,cat b.jpg,cat c.jpg,cat")
    (root / "images" / "b.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"b\.jpg is empty .*; dataset\.on_bad_image=skip leaves out"):
        Folder(root=root).index(NOWHERE)
    index = Folder(root=root, on_bad_image="skip", val_fraction=0).index(NOWHERE)
    assert sorted(index.records) == ["a", "c"]
    assert "images/b.jpg is empty" in index.notes[0]


def test_an_image_whose_mask_cannot_be_read_is_not_left_out(make: Make):
    root = make("a.jpg", "b.jpg", rows="a.jpg,cat b.jpg,cat")
    (root / "masks").mkdir()
    for name in "ab":
        Image.new("L", (5, 4), 1).save(root / "masks" / f"{name}.png")
    (root / "masks" / "b.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"masks/b\.png is empty"):
        Folder(root=root, masks="masks", on_bad_image="skip").index(NOWHERE)


def test_a_folder_a_class_in_another_normal_form(make: Make):
    root = make("cafe\u0301/1.jpg", "cat/1.jpg")
    assert shown(root, labels=None) == {"caf\u00e9/1": ["caf\u00e9"], "cat/1": ["cat"]}


def test_one_name_in_two_forms_of_unicode(make: Make):
    root = make("cafe\u0301.jpg", "caf\u00e9.jpg", rows="caf\u00e9.jpg,cat")
    with pytest.raises(DataError, match=r"'cafe\\u0301\.jpg' and 'caf\\xe9\.jpg' are one name in two forms"):
        Folder(root=root).index(NOWHERE)


def test_two_files_with_one_id(make: Make):
    with pytest.raises(DataError, match=r"a\.jpg and a\.png have one id, 'a': rename one"):
        Folder(root=make("a.jpg", "a.png", rows="a.jpg,cat a.png,cat")).index(NOWHERE)


def test_listed_image_that_is_not_there(make: Make):
    root = make("cat_1.jpg", "b.jpg", rows="cat-1.jpg,cat b.jpg,dog zzz.jpg,cat")
    with pytest.raises(
        DataError,
        match=r"labels\.csv, line 2: 'cat-1\.jpg' is not in 'images'; did you mean 'cat_1\.jpg'\? Else put it there, "
        r"or delete the line; the same of 1 more: 'zzz\.jpg' \(line 4\)$",
    ):
        Folder(root=root).index(NOWHERE)


def test_missing_folders_and_files(make: Make, tmp_path: Path):
    with pytest.raises(DataError, match=r"gone is not there, nor is its folder 'images': set `dataset\.root`"):
        Folder(root=tmp_path / "gone").sources()
    with pytest.raises(DataError, match=r"has no folder 'images'"):
        Folder(root=tmp_path).index(NOWHERE)
    (tmp_path / "deep/own/images").mkdir(parents=True)
    with pytest.raises(DataError, match=r"has no folder 'images': set `dataset\.root` to the folder in it .*/deep/own"):
        Folder(root=tmp_path / "deep").index(NOWHERE)
    with pytest.raises(
        DataError, match=r"has no folder 'images': set `dataset\.root` to the folder above, .*/deep/own$"
    ):
        Folder(root=tmp_path / "deep/own/images").index(NOWHERE)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file is not a folder; it has no folder 'images'"):
        Folder(root=tmp_path / "file").sources()
    root = make("a.jpg")
    with pytest.raises(DataError, match=r"has no label file 'labels\.csv': write `image,labels`.*dataset\.labels=null"):
        Folder(root=root).index(NOWHERE)
    (root / "labels.json").write_text("{}")
    with pytest.raises(DataError, match=r"use dataset\.labels=labels\.json"):
        Folder(root=root).index(NOWHERE)


def test_folder_without_images(tmp_path: Path):
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match="holds no image: put JPEG or PNG files there"):
        Folder(root=tmp_path, labels=None).index(NOWHERE)


def test_only_negatives(make: Make):
    with pytest.raises(DataError, match="no classes"):
        Folder(root=make("a.jpg", "b.jpg", rows="a.jpg, b.jpg,")).index(NOWHERE)


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_a_share_that_leaves_nothing(fraction: float):
    with pytest.raises(ConfigError, match=r"dataset\.val_fraction: .* is not in \[0, 1\)"):
        Folder(root=NOWHERE, val_fraction=fraction)


def test_sources(make: Make):
    root = make("a.jpg", rows="a.jpg,cat")
    assert Folder(root=root).sources() == (root / "images", root / "labels.csv")
    with pytest.raises(DataError, match=r"there is no folder .*masks: name it in `dataset\.masks`"):
        Folder(root=root, masks="masks").sources()
    (root / "masks").mkdir()
    assert Folder(root=root, masks="masks").sources()[-1] == root / "masks"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return own_folder(tmp_path / "my photos")


@pytest.mark.parametrize("options", [{}, {"masks": "masks"}, {"labels": "labels.json", "val_fraction": 0.4}])
def test_a_good_folder_is_listed_as_it_is_indexed(options: dict[str, object], own: Path):
    (own / "labels.json").write_text(json.dumps({f"{image}.png": ["cat"] for image in "abcd"}))
    layout = Folder(root=own, **options)
    listing, index = layout.listing(NOWHERE), layout.index(own)
    assert listing.problems == ()
    assert (listing.splits, listing.classes, listing.root) == (index.splits, index.classes, index.root)
    assert {(entry.id, entry.image, entry.mask) for entry in listing.entries} == {
        (record.id, record.image, record.mask) for record in index.records.values()
    }


def test_folders_as_classes(own: Path):
    for name in ("cat/1.png", "dog/1.png", "loose.png"):
        draw_image(own / "by class" / name, key=0)
    listing = Folder(root=own, images="by class", labels=None).listing(NOWHERE)
    assert [(entry.id, entry.names) for entry in listing.entries] == [("cat/1", ("cat",)), ("dog/1", ("dog",))]
    (problem,) = listing.problems
    remedy = "move it there, or list labels in a file, which may leave them empty"
    why = f"by class/loose.png lies in the folder of no class: {remedy}"
    assert (problem.kind, problem.why) == ("label", why)


def test_mistakes_do_not_hide_each_other(own: Path):
    with (own / "labels.csv").open("a") as file:
        file.write("gone.png,cat,train\na.png,dog,val\nb.png\nn.jpg,dog,train\nn.png,dog,train\n")
    for name in ("n.jpg", "n.png", "caf\u00e9.png", "cafe\u0301.png"):
        draw_image(own / "images" / name, key=1)
    listing = Folder(root=own, masks="nowhere").listing(NOWHERE)
    assert [problem.kind for problem in listing.problems] == ["name", "label", "label", "list", "name", "mask"]
    twins, repeated, short, gone, ambiguous, masks = (problem.why for problem in listing.problems)
    assert "are one name in two forms of Unicode" in twins
    assert f"{own}/labels.csv lists 'a.png' twice, in lines 2 and 8" in repeated
    assert f"{own}/labels.csv, line 9 has 1 columns and the header 3" in short
    assert f"{own}/labels.csv, line 7: 'gone.png' is not in 'images'" in gone
    assert "n.jpg and n.png have one id, 'n'" in ambiguous
    assert "there is no folder" in masks
    assert [entry.id for entry in listing.entries] == ["a", "b", "c", "d", "e", "n"]
    (note,) = listing.notes
    assert note.startswith("left out, 1 of 8 images in 'images', because labels.csv does not list them")
    assert note.endswith((": caf\u00e9.png", ": cafe\u0301.png"))


@pytest.mark.parametrize("gone", ["images", "labels.csv"])
def test_what_is_no_such_folder_is_one_problem(gone: str, own: Path):
    (own / gone).rename(own / "elsewhere")
    assert [problem.kind for problem in Folder(root=own).listing(NOWHERE).problems] == ["layout"]


def test_no_image_at_all(own: Path):
    (own / "nothing").mkdir()
    (problem,) = Folder(root=own, images="nothing").listing(NOWHERE).problems
    assert "nothing holds no image" in problem.why


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        (["labels.csv", "labels.json", "z.csv"], "labels.csv"),
        (["labels.json", "z.csv"], "labels.json"),
        (["my tags.CSV"], "my tags.CSV"),
        (["a.csv", "b.csv"], "labels.csv"),
        ([], "labels.csv"),
    ],
)
def test_label_files(tables: list[str], found: str, own: Path) -> None:
    (own / "labels.csv").unlink()
    for name in tables:
        (own / name).touch()
    assert label_file_at(own, images=own / "images") == found


def test_a_folder_for_each_class_needs_no_label_file(own: Path) -> None:
    (own / "labels.csv").unlink()
    (own / "by class").mkdir()
    (own / "images").rename(own / "by class/cat")
    assert label_file_at(own, images=own / "by class") is None
    assert Folder.found_at(own, {"images": "by class"}) == {"labels": None, "masks": "masks"}
    assert Folder.found_at(own, {}) is None


def test_what_is_no_file_is_no_label_file(tmp_path: Path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels.csv").mkdir()
    with pytest.raises(DataError, match=r"labels\.csv is not a file, or a link to none: replace it by the label file"):
        Folder(root=tmp_path).sources()
    assert Folder.found_at(tmp_path, {}) == {"labels": "labels.csv", "masks": None}
