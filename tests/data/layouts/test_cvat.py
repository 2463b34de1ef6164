"""CVAT's XML."""

from pathlib import Path

import numpy as np
import pytest
from annotated_data import HEIGHT, WIDTH, cvat, cvat_image, cvat_polygon, draw_images, write_cvat

from wsss.data.index import Index
from wsss.data.layouts.cvat import CVAT
from wsss.errors import DataError


def indexed(root: Path) -> Index:
    return CVAT(root=root).index(root.parent / "into")


def of_image(folder: Path, content: str, **other: str) -> Index:
    """An index of two images, of which the first has the content."""
    root = folder / "data"
    draw_images(root / "images", "ab")
    write_cvat(root, cvat_image("a", content, **other), cvat_image("b", cvat_polygon("dog")))
    return indexed(root)


def truth(index: Index, image: str) -> np.ndarray:
    labels = index.truth(index.records[f"images/{image}"])
    assert labels is not None
    return labels


def test_shapes_are_drawn_by_their_order(tmp_path: Path):
    below = cvat_polygon("cat", z_order="2") + cvat_polygon("dog", z_order="-1")
    labels = truth(of_image(tmp_path, below), "a")
    assert labels[3, 3] == 3
    assert labels[5, 5] == 2
    labels = truth(of_image(tmp_path, cvat_polygon("cat") + cvat_polygon("dog")), "a")
    assert labels[3, 3] == 2


def test_masks_and_ellipses(tmp_path: Path):
    mask = '<mask label="dog" rle="1,2,3" left="4" top="5" width="3" height="2"/>'
    round_ = '<ellipse label="cat" cx="2" cy="2" rx="1" ry="2"/>'
    labels = truth(of_image(tmp_path, mask + round_), "a")
    wanted = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    wanted[5, 5:7] = 2
    wanted[0:4, 1:3] = 3
    assert (labels == wanted).all()


def test_boxes_and_tags_are_labels_without_a_mask(tmp_path: Path):
    index = of_image(tmp_path, '<box label="cat" xtl="1.5" ytl="2" xbr="4" ybr="6.5"/>')
    record = index.records["images/a"]
    assert record.mask is None
    (box,) = record.boxes
    assert (box.cls, box.box.left, box.box.top, box.box.right, box.box.bottom) == (2, 1.5, 2, 4, 6.5)
    assert of_image(tmp_path, '<tag label="person"/>').records["images/a"].classes == (0,)
    rotated = '<box label="cat" xtl="1" ytl="2" xbr="4" ybr="6" rotation="30"/>'
    assert of_image(tmp_path, rotated).records["images/a"].boxes == ()
    tagged = of_image(tmp_path, cvat_polygon("dog") + '<tag label="dog"/>').records["images/a"]
    assert tagged.mask is not None


def test_subsets_are_splits(tmp_path: Path):
    root = cvat(tmp_path / "data")
    every = [
        cvat_image(image, cvat_polygon("dog"), subset=subset)
        for image, subset in zip("abcd", ("Train", "Train", "Validation", "Test"), strict=True)
    ]
    write_cvat(root, *every)
    assert {name: len(ids) for name, ids in indexed(root).splits.items()} == {"train": 2, "val": 1, "test": 1}
    write_cvat(root, *(cvat_image(image, cvat_polygon("dog"), subset="default") for image in "abcd"))
    assert list(indexed(root).splits) == ["train", "val"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('<polygon label="dog" points="1,1;2,2"/>', r"annotations\.xml, a\.png: a polygon with too few corners, 2"),
        ('<polygon points="1,1;2,2;3,1"/>', r"a\.png: it lacks 'label': export it again"),
        ('<polygon label="dog" points="1,x;2,2;3,1"/>', r"a\.png: it has numbers that are none"),
        ('<mask label="dog" rle="1,2" left="0" top="0" width="3" height="2"/>', "runs do not fill 3 x 2 pixels"),
        ('<mask label="dog" rle="6" left="11" top="0" width="3" height="2"/>', r"a\.png has an outline that cannot"),
        ('<box label="cat" xtl="4" ytl="2" xbr="1" ybr="6"/>', r"a\.png: it has numbers that are none"),
    ],
)
def test_what_is_wrong_is_told_with_its_image(content: str, words: str, tmp_path: Path):
    with pytest.raises(DataError, match=words):
        of_image(tmp_path, content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"annotations\.xml is not XML"),
        ("<annotations><track/></annotations>", "holds no image: export as CVAT for images, and not for video"),
        ("<annotations><image/></annotations>", "an image without a name: it lacks 'name'"),
    ],
)
def test_other_files_are_named(text: str, words: str, tmp_path: Path):
    root = cvat(tmp_path / "data")
    (root / "annotations.xml").write_text(text)
    with pytest.raises(DataError, match=words):
        indexed(root)


def test_it_is_found(tmp_path: Path):
    root = cvat(tmp_path / "data")
    assert CVAT.found_at(root, {}) == {"annotations": "annotations.xml", "images": "images"}
    (root / "annotations.xml").rename(root / "task 7.xml")
    assert CVAT.found_at(root, {}) == {"annotations": "task 7.xml", "images": "images"}
    for path in (root / "images").iterdir():
        path.rename(root / path.name)
    assert CVAT.found_at(root, {}) == {"annotations": "task 7.xml", "images": "."}
    other = CVAT(root=root, annotations="task 7.xml", images=".").index(tmp_path / "into")
    assert set(other.records) == set("abcde")
    (root / "task 7.xml").write_text("<other/>")
    assert CVAT.found_at(root, {}) is None
    with pytest.raises(DataError, match=r"there is no file .*annotations\.xml"):
        indexed(root)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_file_without_its_end_is_found_and_told(share: float, tmp_path: Path):
    root = cvat(tmp_path)
    data = (root / "annotations.xml").read_bytes()
    (root / "annotations.xml").write_bytes(data[: int(share * len(data))])
    assert CVAT.found_at(root, {}) == {"annotations": "annotations.xml", "images": "images"}
    with pytest.raises(
        DataError, match=rf"annotations\.xml is XML that ends too early, at byte {int(share * len(data))}: copy"
    ):
        indexed(root)
    (root / "annotations.xml").write_text("<other><a>")
    assert CVAT.found_at(root, {}) is None
