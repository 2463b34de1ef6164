"""PASCAL VOC devkits: a small one made by code, as it should be and with each mistake that people make."""

from pathlib import Path

import pytest
from data_sets import LISTS as FOLDER, devkit as five_images, draw_image, edit
from PIL import Image

from wsss.data.layouts.voc import VOC, VOC_CLASSES
from wsss.errors import ConfigError, DataError

LISTS = {name: f"ImageSets/Segmentation/{name}.txt" for name in ("train", "val")}
NOWHERE = Path("unused")


def annotate(root: Path, image: str, *objects: str) -> None:
    """Write an annotation; an object is `name` or `name difficult`."""
    lines = [
        f"<object><name>{name}</name><difficult>{int(difficult)}</difficult><part><name>head</name></part></object>"
        for name, difficult in ((o.split()[0], "difficult" in o) for o in objects)
    ]
    xml = f"<annotation><filename>{image}.jpg</filename>{''.join(lines)}</annotation>"
    (root / "Annotations" / f"{image}.xml").write_text(xml)


@pytest.fixture
def devkit(tmp_path: Path) -> Path:
    """Three images: p has a dog and a person, q a difficult cat and a dog, r nothing; only p has a mask."""
    root = tmp_path / "VOC 2012"
    for folder in ("JPEGImages", "Annotations", "SegmentationClass", "ImageSets/Segmentation"):
        (root / folder).mkdir(parents=True)
    for image in "pqr":
        Image.new("RGB", (5, 4)).save(root / "JPEGImages" / f"{image}.jpg")
    annotate(root, "p", "person", "dog", "person")
    annotate(root, "q", "cat difficult", "dog")
    annotate(root, "r")
    Image.new("L", (5, 4), 12).save(root / "SegmentationClass" / "p.png")
    (root / LISTS["train"]).write_text("q\np\n")
    (root / LISTS["val"]).write_text("r\n")
    return root


def names(root: Path, **options: object) -> dict[str, list[str]]:
    index = VOC(root=root, **options).index(NOWHERE)
    return {i: [index.classes[c] for c in record.classes] for i, record in index.records.items()}


def test_classes_are_in_the_order_of_the_official_mask_ids():
    assert len(VOC_CLASSES) == 20
    assert [VOC_CLASSES.index(name) + 1 for name in ("aeroplane", "cat", "person", "tvmonitor")] == [1, 8, 15, 20]


def test_index(devkit: Path):
    index = VOC(root=devkit).index(NOWHERE)
    assert index.splits == {"train": ("q", "p"), "val": ("r",)}
    assert index.records["p"].image == "JPEGImages/p.jpg"
    assert index.records["p"].mask == "SegmentationClass/p.png"
    assert index.records["q"].mask is None
    assert index.image_path(index.records["p"]).is_file()
    assert names(devkit) == {"q": ["cat", "dog"], "p": ["dog", "person"], "r": []}


def test_difficult_objects_can_be_left_out(devkit: Path):
    assert names(devkit, difficult=False)["q"] == ["dog"]


def test_limit_keeps_the_first_of_every_split(devkit: Path):
    (devkit / "Annotations" / "p.xml").unlink()  # not read any more
    (devkit / LISTS["val"]).write_text("q\nr\n")
    index = VOC(root=devkit, masks=None, limit=1).index(NOWHERE)
    assert index.splits == {"train": ("q",), "val": ("q",)}
    assert list(index.records) == ["q"]


def test_sources_are_what_the_index_depends_on(devkit: Path):
    sources = VOC(root=devkit).sources()
    assert [path.relative_to(devkit).as_posix() for path in sources] == [
        *LISTS.values(),
        "JPEGImages",
        "Annotations",
        "SegmentationClass",
    ]
    assert len(VOC(root=devkit, masks=None).sources()) == 4


def test_a_root_below_home(devkit: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(devkit.parent))
    assert VOC(root=Path("~/VOC 2012")).home() == devkit


def test_a_list_may_lie_elsewhere(devkit: Path, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("p\n")
    assert VOC(root=devkit, splits={"train": str(tmp_path / "mine.txt")}).index(NOWHERE).splits == {"train": ("p",)}


@pytest.mark.parametrize("suffix", [".JPG", ".png"])
def test_images_of_other_kinds(devkit: Path, suffix: str):
    (devkit / "JPEGImages" / "p.jpg").rename(devkit / "JPEGImages" / f"p{suffix}")
    assert VOC(root=devkit).index(NOWHERE).records["p"].image == f"JPEGImages/p{suffix}"


@pytest.mark.parametrize("i", ["my photo", "sub/p", "caf\u00e9"])
def test_ids_with_spaces_slashes_and_accents(devkit: Path, i: str):
    for folder, suffix in (("JPEGImages", ".jpg"), ("Annotations", ".xml")):
        (devkit / folder / f"{i}{suffix}").parent.mkdir(exist_ok=True)
        (devkit / folder / f"p{suffix}").rename(devkit / folder / f"{i}{suffix}")
    (devkit / LISTS["train"]).write_text(f"q\n{i} \n")
    index = VOC(root=devkit, masks=None).index(NOWHERE)
    assert index.splits["train"] == ("q", i)
    assert index.image_path(index.records[i]).is_file()


def test_a_list_in_another_normal_form_than_the_files(devkit: Path):
    (devkit / "JPEGImages" / "p.jpg").rename(devkit / "JPEGImages" / "cafe\u0301.jpg")
    annotate(devkit, "caf\u00e9", "dog")
    (devkit / LISTS["train"]).write_text("q\ncaf\u00e9\n", encoding="utf-8")
    index = VOC(root=devkit, masks=None).index(NOWHERE)
    assert index.image_path(index.records["caf\u00e9"]).is_file()


def test_two_files_with_one_id(devkit: Path):
    Image.new("RGB", (5, 4)).save(devkit / "JPEGImages" / "p.png")
    with pytest.raises(DataError, match=r"JPEGImages: p\.jpg and p\.png have one id, 'p': rename one of them"):
        VOC(root=devkit).index(NOWHERE)


def test_images_that_cannot_be_read_are_left_out_on_demand(devkit: Path):
    (devkit / "JPEGImages" / "q.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"q\.jpg is empty .*; dataset\.on_bad_image=skip leaves out"):
        VOC(root=devkit).index(NOWHERE)
    index = VOC(root=devkit, on_bad_image="skip").index(NOWHERE)
    assert index.splits == {"train": ("p",), "val": ("r",)}
    assert "JPEGImages/q.jpg is empty" in index.notes[0]


@pytest.mark.parametrize("given", ["..", "../..", "JPEGImages"])
def test_wrong_root_names_the_right_one_nearby(tmp_path: Path, devkit: Path, given: str):
    right = tmp_path / "x" / "VOCdevkit" / "VOC2012"
    right.parent.mkdir(parents=True)
    devkit.rename(right)
    with pytest.raises(
        DataError, match=f"is not a VOC devkit; .*JPEGImages, Annotations, ImageSets.* use dataset.root={right}$"
    ):
        VOC(root=(right / given).resolve()).index(NOWHERE)


def test_root_that_is_not_there(tmp_path: Path):
    with pytest.raises(DataError, match=r"gone is not there; .*set `dataset\.root` to the folder that holds them"):
        VOC(root=tmp_path / "gone").sources()


def test_missing_list_names_those_that_are_there(devkit: Path):
    with pytest.raises(DataError, match=r"there is no list .*train_aug\.txt; that folder has train\.txt, val\.txt"):
        VOC(root=devkit, splits={"train": "ImageSets/Segmentation/train_aug.txt"}).sources()


def test_listed_image_that_is_not_there(devkit: Path):
    (devkit / LISTS["val"]).write_text("r\ns\n")
    with pytest.raises(DataError, match=r"val\.txt lists s, which JPEGImages lacks: put it there, or take it out$"):
        VOC(root=devkit).index(NOWHERE)


def test_missing_annotation(devkit: Path):
    (devkit / "Annotations" / "q.xml").unlink()
    with pytest.raises(DataError, match=r"Annotations/q\.xml is not there, where labels are read: put it there"):
        VOC(root=devkit).index(NOWHERE)


def test_object_of_no_class(devkit: Path):
    annotate(devkit, "p", "person", "unicorn")
    with pytest.raises(
        DataError, match=r"labelled 'unicorn', which is not a class \(Annotations/p\.xml\): .* aeroplane, bic"
    ):
        VOC(root=devkit).index(NOWHERE)


def test_own_classes(devkit: Path):
    Image.new("L", (5, 4), 3).save(devkit / "SegmentationClass" / "p.png")
    assert names(devkit, classes=("person", "cat", "dog"))["p"] == ["person", "dog"]


def test_no_splits(devkit: Path):
    with pytest.raises(ConfigError, match=r"dataset\.splits: names no split"):
        VOC(root=devkit, splits={})


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return five_images(tmp_path / "it's a kit")


def test_a_good_devkit_is_listed_as_it_is_indexed(kit: Path):
    layout = VOC(root=kit)
    listing, index = layout.listing(NOWHERE), layout.index(kit)
    assert listing.problems == listing.unlisted == listing.unread == ()
    assert (listing.splits, listing.classes, listing.root) == (index.splits, index.classes, index.root)
    for entry in listing.entries:
        record = index.records[entry.id]
        assert (entry.image, entry.mask) == (record.image, record.mask)
        assert {index.classes[c] for c in record.classes} == set(entry.names)


def test_mistakes_do_not_hide_each_other(kit: Path):
    (kit / FOLDER / "train.txt").write_text("a\nb\nc\na\ngone\n")
    (kit / "Annotations/b.xml").unlink()
    (kit / "Annotations/c.xml").write_text("<annotation>")
    edit(kit / "Annotations/d.xml", "<name>dog</name>", "")
    draw_image(kit / "JPEGImages/e.jpg", key=9)
    listing = VOC(root=kit).listing(NOWHERE)
    assert [(problem.kind, problem.why.partition(f"{kit}/")[2] or problem.why) for problem in listing.problems] == [
        ("list", f"{FOLDER}/train.txt lists a twice, in lines 1 and 4: delete one"),
        ("list", f"{FOLDER}/train.txt lists gone, which JPEGImages lacks: put it there, or take it out"),
        ("name", "JPEGImages: e.jpg and e.png have one id, 'e': rename one of them"),
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


def test_images_in_no_list_are_told(kit: Path):
    (kit / FOLDER / "val.txt").write_text("d\n")
    assert VOC(root=kit).listing(NOWHERE).unlisted == ("e.png",)


def test_a_missing_list_leaves_the_other(kit: Path):
    (kit / FOLDER / "val.txt").unlink()
    listing = VOC(root=kit).listing(NOWHERE)
    assert [problem.kind for problem in listing.problems] == ["list"]
    assert "there is no list" in listing.problems[0].why
    assert listing.splits == {"train": ("a", "b", "c"), "val": ()}


def test_masks_of_nothing(kit: Path):
    (problem,) = VOC(root=kit, masks="Annotations").listing(NOWHERE).problems
    assert problem.kind == "mask"
    assert "holds no mask of any image" in problem.why


def test_what_is_no_devkit_is_one_problem(tmp_path: Path):
    listing = VOC(root=tmp_path).listing(NOWHERE)
    assert [problem.kind for problem in listing.problems] == ["layout"]
    assert listing.entries == ()


def test_labels_of_lists(kit: Path):
    (kit / "ImageSets/Main").mkdir()
    for name, train, val in (("cat", "a -1\nb 1\nc 0\n", "d -1\ne -1\n"), ("dog", "a 1\nb 1\nc -1\n", "d 1\ne -1\n")):
        (kit / f"ImageSets/Main/{name}_train.txt").write_text(train)
        (kit / f"ImageSets/Main/{name}_val.txt").write_text(val)
    options = {"classes": ("cat", "dog"), "labels_from": "lists", "masks": None}
    layout = VOC(root=kit, **options)
    assert names(kit, **options) == {"a": ["dog"], "b": ["cat", "dog"], "c": ["cat"], "d": ["dog"], "e": []}
    assert names(kit, **options, difficult=False)["c"] == []
    assert kit / "ImageSets/Main" in layout.sources()
    assert kit / "Annotations" not in layout.sources()
    (kit / "ImageSets/Main/dog_val.txt").write_text("d 1\n")
    listing = layout.listing(NOWHERE)
    assert listing.unread == ("e",)
    assert [problem.kind for problem in listing.problems] == ["label"]


def test_annotations_without_an_object_beside_lists_of_classes(kit: Path):
    for image in "abcde":
        annotate(kit, image)
    assert VOC(root=kit, masks=None).listing(NOWHERE).problems == ()
    (kit / "ImageSets/Main").mkdir()
    (kit / "ImageSets/Main/cat_train.txt").touch()
    (problem,) = VOC(root=kit, masks=None).listing(NOWHERE).problems
    assert problem.why == (
        "no annotation in Annotations has an object, and ImageSets/Main lists the images of classes: "
        "set dataset.labels_from=lists"
    )


def test_a_listed_file_that_is_no_image_by_its_suffix(kit: Path):
    (kit / "JPEGImages/a.png").rename(kit / "JPEGImages/a.heic")
    (problem,) = VOC(root=kit).listing(NOWHERE).problems
    assert problem.why == (
        f"{FOLDER}/train.txt lists a, which JPEGImages lacks: it is there as a.heic, whose suffix is not that of an "
        "image: save it as JPEG or PNG"
    )


def test_lists_of_missing_images_are_told_once_a_list(kit: Path):
    (kit / FOLDER / "train.txt").write_text("a\nx\ny\nz\n")
    with pytest.raises(DataError, match=r"lists x, which JPEGImages lacks: .*; the same of 2 more: y, z$"):
        VOC(root=kit).index(NOWHERE)


def test_folders_may_have_other_names(devkit: Path):
    for old, new in (("JPEGImages", "photos"), ("Annotations", "boxes"), ("SegmentationClass", "truth")):
        (devkit / old).rename(devkit / new)
    index = VOC(root=devkit, images="photos", annotations="boxes", masks="truth").index(NOWHERE)
    assert index.records["p"].image == "photos/p.jpg"
    assert index.records["p"].mask == "truth/p.png"
    assert [index.classes[c] for c in index.records["p"].classes] == ["dog", "person"]


def test_a_file_in_the_place_of_a_devkit_is_called_one(tmp_path: Path):
    (tmp_path / "VOC.tar").touch()
    with pytest.raises(DataError, match=r"VOC\.tar is a file, and no folder; a devkit's root holds the folders"):
        VOC(root=tmp_path / "VOC.tar").index(NOWHERE)
