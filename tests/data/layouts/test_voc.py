"""PASCAL VOC devkits: a small one made by code, as it should be and with each mistake that people make."""

from pathlib import Path

import pytest
from PIL import Image

from wsss.data.layouts.voc import VOC, VOC_CLASSES, read_list, read_object_names
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
    with pytest.raises(
        DataError, match=r"JPEGImages lacks images that lists in `dataset\.splits` name, s: put them there"
    ):
        VOC(root=devkit).index(NOWHERE)


def test_missing_annotation(devkit: Path):
    (devkit / "Annotations" / "q.xml").unlink()
    with pytest.raises(DataError, match=r"Annotations lacks the XML files of q, where labels are read"):
        VOC(root=devkit).index(NOWHERE)


def test_object_of_no_class(devkit: Path):
    annotate(devkit, "p", "person", "unicorn")
    with pytest.raises(
        DataError, match=r"names that are not classes: 'unicorn' \(Annotations/p\.xml\); .* aeroplane, bic"
    ):
        VOC(root=devkit).index(NOWHERE)


def test_own_classes(devkit: Path):
    Image.new("L", (5, 4), 3).save(devkit / "SegmentationClass" / "p.png")
    assert names(devkit, classes=("person", "cat", "dog"))["p"] == ["person", "dog"]


def test_no_splits(devkit: Path):
    with pytest.raises(ConfigError, match=r"dataset\.splits: names no split"):
        VOC(root=devkit, splits={})


@pytest.mark.parametrize(
    "text",
    [
        "2007_000032\n2007_000039\n",
        "\ufeff2007_000032\r\n\r\n2007_000039  \r\n",
        "2007_000032 -1\n2007_000039  1",
        "/JPEGImages/2007_000032.jpg /SegmentationClassAug/2007_000032.png\nJPEGImages/2007_000039.jpg x\n",
        "2007_000032.jpg\n2007_000039.jpg\n",
    ],
)
def test_forms_of_lists(tmp_path: Path, text: str):
    (tmp_path / "list.txt").write_text(text, encoding="utf-8", newline="")
    assert read_list(tmp_path / "list.txt") == ("2007_000032", "2007_000039")


def test_list_with_a_repeated_image(tmp_path: Path):
    (tmp_path / "list.txt").write_text("a\n\nb\na\n")
    with pytest.raises(DataError, match=r"list\.txt lists a twice, in lines 1 and 4: delete one"):
        read_list(tmp_path / "list.txt")


def test_empty_list(tmp_path: Path):
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(DataError, match=r"list\.txt is empty: list one image a line"):
        read_list(tmp_path / "list.txt")


def test_list_in_another_encoding(tmp_path: Path):
    (tmp_path / "list.txt").write_text("a\n", encoding="utf-16")
    with pytest.raises(DataError, match=r"list\.txt, line 1: this is not UTF-8 .*: save it as UTF-8"):
        read_list(tmp_path / "list.txt")


def test_annotation_that_is_no_xml(tmp_path: Path):
    (tmp_path / "a.xml").write_text("<annotation>")
    with pytest.raises(DataError, match=r"a\.xml is not XML"):
        read_object_names(tmp_path / "a.xml", difficult=True)


def test_object_without_a_name(tmp_path: Path):
    (tmp_path / "a.xml").write_text("<annotation><object><part><name>head</name></part></object></annotation>")
    with pytest.raises(DataError, match=r"a\.xml has an object without a name"):
        read_object_names(tmp_path / "a.xml", difficult=True)
