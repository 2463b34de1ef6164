"""Files of a devkit: lists in the forms that repositories have, annotations, and lists of classes."""

from pathlib import Path

import pytest

from wsss.boxes import Box
from wsss.data.layouts.voc_files import Marked, missing_list, read_class_lists, read_list, read_objects
from wsss.data.listing import parted
from wsss.errors import DataError


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
    assert list(read_list(tmp_path / "list.txt")) == ["2007_000032", "2007_000039"]


def test_list_with_a_repeated_image(tmp_path: Path):
    (tmp_path / "list.txt").write_text("a\n\nb\na\n")
    ids, (problem,) = parted(read_list(tmp_path / "list.txt"))
    assert ids == ["a", "b"]
    assert problem.why == f"{tmp_path}/list.txt lists a twice, in lines 1 and 4: delete one"


def test_every_bad_line_is_named_and_the_others_are_read(tmp_path: Path):
    (tmp_path / "list.txt").write_text("a\nb\na\n\nc\nb\nd\n")
    ids, problems = parted(read_list(tmp_path / "list.txt"))
    assert ids == ["a", "b", "c", "d"]
    assert [problem.why.split(":")[0] for problem in problems] == [
        f"{tmp_path}/list.txt lists a twice, in lines 1 and 3",
        f"{tmp_path}/list.txt lists b twice, in lines 2 and 6",
    ]


def test_empty_list(tmp_path: Path):
    (tmp_path / "list.txt").write_text("\n")
    ids, (problem,) = parted(read_list(tmp_path / "list.txt"))
    assert ids == []
    assert "list.txt is empty: list one image a line" in problem.why


def test_list_that_is_not_there(tmp_path: Path):
    (tmp_path / "other.txt").touch()
    ids, (problem,) = parted(read_list(tmp_path / "no list 3"))
    assert ids == []
    assert problem.why == (
        f"there is no list {tmp_path}/no list 3; that folder has other.txt: name the lists in `dataset.splits`"
    )
    assert missing_list(tmp_path / "no list 3", tmp_path / "other.txt") == [problem]


def test_list_in_another_encoding(tmp_path: Path):
    (tmp_path / "list.txt").write_text("a\n", encoding="utf-16")
    ids, (problem,) = parted(read_list(tmp_path / "list.txt"))
    assert ids == []
    assert "list.txt, line 1: this is not UTF-8" in problem.why
    assert problem.why.endswith(": save it as UTF-8")


def test_annotation_that_is_no_xml(tmp_path: Path):
    (tmp_path / "a.xml").write_text("<annotation>")
    with pytest.raises(DataError, match=r"a\.xml is not XML"):
        read_objects(tmp_path / "a.xml", difficult=True)


def test_object_without_a_name(tmp_path: Path):
    (tmp_path / "a.xml").write_text("<annotation><object><part><name>head</name></part></object></annotation>")
    with pytest.raises(DataError, match=r"a\.xml has an object without a name"):
        read_objects(tmp_path / "a.xml", difficult=True)


def test_objects_of_any_namespace(tmp_path: Path):
    (tmp_path / "a.xml").write_text(
        "<annotation xmlns='http://x'><object><name>cat</name><difficult>1</difficult></object>"
        "<object><name>dog</name></object></annotation>"
    )
    assert [each.name for each in read_objects(tmp_path / "a.xml", difficult=True)] == ["cat", "dog"]
    assert [each.name for each in read_objects(tmp_path / "a.xml", difficult=False)] == ["dog"]


def boxed(folder: Path, *edges: str) -> Path:
    tags = ("xmin", "ymin", "xmax", "ymax")
    inside = "".join(f"<{tag}>{edge}</{tag}>" for tag, edge in zip(tags, edges, strict=False))
    cat = f"<object><name>cat</name><bndbox>{inside}</bndbox><part><bndbox/></part></object>"
    (folder / "a.xml").write_text(f"<annotation>{cat}<object><name>dog</name></object></annotation>")
    return folder / "a.xml"


def test_boxes_count_from_1_and_their_last_pixel_is_inside(tmp_path: Path):
    cat, dog = read_objects(boxed(tmp_path, "1", "11", "20", "30.5"), difficult=True)
    assert cat == Marked(name="cat", box=Box(left=0, top=10, right=20, bottom=30.5))
    assert dog == Marked(name="dog"), "an object may do without a box"
    (zero, _) = read_objects(boxed(tmp_path, "0", "0", "5", "5"), difficult=True)
    assert zero.box == Box(left=0, top=0, right=5, bottom=5)


@pytest.mark.parametrize("edges", [("9", "1", "5", "5"), ("1", "x", "5", "5"), ("1", "1", "5"), ("nan", "1", "5", "5")])
def test_a_box_that_is_none_is_refused_with_the_remedy(tmp_path: Path, edges: tuple[str, ...]):
    with pytest.raises(DataError, match=r"a\.xml has a box of .*: write numbers, xmin < xmax"):
        read_objects(boxed(tmp_path, *edges), difficult=True)


def lists(home: Path, **texts: str) -> Path:
    (home / "ImageSets/Main").mkdir(parents=True)
    for name, text in texts.items():
        (home / "ImageSets/Main" / f"{name}.txt").write_text(text)
    return home


def test_lists_of_classes(tmp_path: Path):
    home = lists(tmp_path, cat_train="a  1\nb -1\nmy c  0\n", dog_train="a 1\nb -1\nmy c -1\n")
    splits = {"train": ("a", "b", "my c")}
    labels, problems = read_class_lists(home, classes=("cat", "dog"), splits=splits, difficult=True)
    assert (labels, problems) == ({"a": ("cat", "dog"), "b": (), "my c": ("cat",)}, [])
    labels, _ = read_class_lists(home, classes=("cat", "dog"), splits=splits, difficult=False)
    assert labels["my c"] == ()


def test_what_is_wrong_with_lists_of_classes(tmp_path: Path):
    home = lists(tmp_path, cat_train="a 1\nb yes\n")
    splits = {"train": ("a", "b", "c")}
    labels, problems = read_class_lists(home, classes=("cat", "dog"), splits=splits, difficult=True)
    assert labels == {}
    path = f"{home}/ImageSets/Main"
    remedy = "put it there, or take the class out of `dataset.classes`"
    assert [problem.why for problem in problems] == [
        f"{path}/cat_train.txt, line 2: 'b yes' is not an image with 1, 0 or -1: write `<image> -1`",
        f"there is no list {path}/dog_train.txt, where labels are read: {remedy}",
    ]


def test_images_of_which_a_list_says_nothing(tmp_path: Path):
    home = lists(tmp_path, cat_train="a 1\n")
    labels, problems = read_class_lists(home, classes=("cat",), splits={"train": ("a", "b", "c")}, difficult=True)
    assert labels == {"a": ("cat",)}
    assert [problem.name for problem in problems] == ["b", "c"]
    assert problems[0].why.endswith(
        "cat_train.txt says nothing of b: write `b 1` where it shows the class, else `b -1`"
    )
