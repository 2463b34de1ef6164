"""Tasks of Label Studio, written and read."""

from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from wsss.data.label_studio import AnnotatedTask, Annotation, label_config, mask_of, polygon_mask, task_of
from wsss.errors import DataError

CLASSES = ("cat", "dog")
LABELS = np.array([[0, 1, 1, 0], [2, 2, 1, 0]], dtype=np.uint8)


def annotation(*regions: dict[str, Any]) -> Annotation:
    size = {"original_width": 4, "original_height": 2}
    return Annotation.model_validate({"result": [{**size, **region} for region in regions]})


def region(kind: str, name: str, **value: Any) -> dict[str, Any]:
    return {"type": kind, "value": {kind: [name], **value}}


def test_what_is_written_comes_back():
    task = task_of("a b/ü.jpg", LABELS, name="a b/ü", classes=CLASSES, model="wsss 0123")
    assert task["data"]["image"] == "/data/local-files/?d=a%20b/%C3%BC.jpg"
    (prediction,) = task["predictions"]
    read = AnnotatedTask.model_validate({"data": task["data"], "annotations": [{"result": prediction["result"]}]})
    assert (read.id, read.classes) == ("a b/ü", CLASSES)
    assert read.last is not None
    found = mask_of(read.last, classes=CLASSES, of="a")
    assert found is not None
    assert (found == LABELS).all()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"image": "/data/upload/3/0123abcd-my cat.jpg"}, "my cat"),
        ({"image": "/data/local-files/?d=photos/my%20cat.jpg"}, "my cat"),
        ({"image": "https://example.org/my cat.jpg"}, "my cat"),
        ({"image": "/data/upload/3/0123abcd-x.jpg", "id": "photos/cat"}, "photos/cat"),
    ],
)
def test_an_image_s_id(data: dict[str, Any], name: str):
    assert AnnotatedTask(data=data).id == name


def test_the_last_annotation_that_was_not_cancelled_counts():
    task = AnnotatedTask.model_validate(
        {"data": {}, "annotations": [{"result": []}, {"result": [{"type": "x"}]}, {"was_cancelled": True}]}
    )
    assert task.last is task.annotations[1]
    assert AnnotatedTask(data={}).last is None


def test_polygons_and_rectangles_are_in_per_cent_and_the_later_one_is_above():
    left = region("polygonlabels", "cat", points=[[0, 0], [50, 0], [50, 100], [0, 100]])
    upper = region("rectanglelabels", "dog", x=25, y=0, width=75, height=50)
    found = mask_of(annotation(left, upper), classes=CLASSES, of="a")
    assert found is not None
    assert found.tolist() == [[1, 2, 2, 2], [1, 1, 0, 0]]
    corner = region("polygonlabels", "cat", points=[[0, 0], [25, 0], [25, 50], [0, 50]])
    found = mask_of(annotation(corner), classes=CLASSES, of="a")
    assert found is not None
    assert found.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]], "heights are shares of the height"


def test_pixels_whose_centre_is_inside():
    triangle = polygon_mask([(0, 0), (4, 0), (0, 4)], height=4, width=4)
    assert triangle.astype(int).tolist() == [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    crossed = polygon_mask([(0, 0), (4, 4), (4, 0), (0, 4)], height=4, width=4)
    assert crossed[:, 0].all(), "a polygon that crosses itself"
    assert not crossed[[0, 3]][:, [1, 2]].any()
    assert not polygon_mask([(0, 0), (4, 4)], height=4, width=4).any()


def test_nothing_drawn_has_no_size():
    assert mask_of(annotation(), classes=CLASSES, of="a") is None
    assert mask_of(annotation({"type": "choices", "value": {}}), classes=CLASSES, of="a") is None


EMPTY = region("polygonlabels", "cat", points=[])


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([region("brushlabels", "cow", rle=[])], "'cow' is not a class"),
        ([region("ellipselabels", "cat", x=1)], "ellipselabels is not read"),
        ([region("rectanglelabels", "cat", x=0, y=0, width=1, height=1, rotation=20)], "rectanglelabels is not read"),
        ([region("brushlabels", "cat", rle=[1, 2])], "the strokes are not those"),
        ([region("brushlabels", "cat", rle=["a"])], "cannot be read|the strokes"),
        ([region("polygonlabels", "cat", points=[[0, 0], ["x", 1], [2]])], "cannot be read"),
        ([region("rectanglelabels", "cat", x=0)], "cannot be read"),
        (
            [
                region("polygonlabels", "cat", points=[]),
                {**region("polygonlabels", "cat", points=[]), "original_width": 9},
            ],
            "several sizes",
        ),
        ([{**region("brushlabels", "cat", rle=[]), "original_width": 10**9}], "too large"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_image(regions: list[dict[str, Any]], words: str):
    with pytest.raises(DataError, match=f"export.json: image 'a'.*({words})"):
        mask_of(annotation(*regions), classes=CLASSES, of="export.json: image 'a'")


def test_the_interface_names_classes_with_their_colours():
    tree = ET.fromstring(label_config({'a "b" <c>': "#e69f00", "dog": "#56b4e9"}))
    brush = tree.find("BrushLabels")
    assert brush is not None
    named = [(each.get("value"), each.get("background")) for each in brush]
    assert named == [('a "b" <c>', "#e69f00"), ("dog", "#56b4e9")]
