"""Label Studio's export."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from annotated_data import HEIGHT, WIDTH, draw_images, label_studio, region, region_polygon, task

from wsss.data.brush_rle import brush_runs
from wsss.data.index import Index
from wsss.data.layouts.labelstudio import LabelStudio
from wsss.errors import DataError


def of_tasks(folder: Path, *tasks: dict[str, Any]) -> Index:
    root = folder / "data"
    draw_images(root / "images")
    (root / "export.json").write_text(json.dumps(tasks))
    return LabelStudio(root=root).index(folder / "into")


OTHER = task(9, "b", [region_polygon("dog")])


def test_brush_strokes_are_drawn(tmp_path: Path):
    wanted = np.zeros((HEIGHT, WIDTH), dtype=bool)
    wanted[2:5, 3:9] = True
    index = of_tasks(
        tmp_path, task(1, "a", [region("brushlabels", "cat", format="rle", rle=brush_runs(wanted))]), OTHER
    )
    assert (index.truth(index.records["images/a"]) == wanted).all()


def test_choices_are_labels_and_rectangles_boxes(tmp_path: Path):
    chosen = {"type": "choices", "value": {"choices": ["cat", "dog"]}}
    box = region("rectanglelabels", "dog", x=25, y=50, width=50, height=25.0000001)
    edge = region("rectanglelabels", "cat", x=90, y=0, width=10.01, height=10)
    turned = region("rectanglelabels", "cat", x=10, y=0, width=10, height=10, rotation=20)
    index = of_tasks(tmp_path, task(1, "a", [chosen]), task(2, "c", [box, edge, turned]), OTHER)
    assert index.records["images/a"].classes == (0, 1)
    assert index.records["images/a"].mask is None
    record = index.records["images/c"]
    assert record.mask is None
    edges = [(b.cls, b.box.left, b.box.top, b.box.right, b.box.bottom) for b in record.boxes]
    assert edges == [(1, 3, 4, 9, pytest.approx(6)), (0, pytest.approx(10.8), 0, 12, pytest.approx(0.8))]


def test_the_last_annotation_counts_and_an_empty_one_is_a_negative(tmp_path: Path):
    first, second = [region_polygon("cat")], [region_polygon("dog")]
    cancelled = task(3, "c", first, second)
    cancelled["annotations"][1]["was_cancelled"] = True
    index = of_tasks(tmp_path, task(1, "a", first, second), task(2, "b", []), cancelled, task(4, "d"))
    shown = {i: [index.classes[c] for c in record.classes] for i, record in index.records.items()}
    assert shown == {"images/a": ["dog"], "images/b": [], "images/c": ["cat"]}
    assert index.notes[0] == "left out, 1 of 4 tasks of export.json, which nobody annotated"


def test_names_of_local_files(tmp_path: Path):
    local = task(1, "a", [region_polygon("cat")])
    local["data"] = {"image": "/data/local-files/?d=photos/a.png"}
    assert set(of_tasks(tmp_path, local, OTHER).records) == {"images/a", "images/b"}


def test_an_image_that_is_not_there(tmp_path: Path):
    with pytest.raises(DataError, match=r"'gone\.jpg' is not in 'images'"):
        of_tasks(tmp_path, task(1, "gone", [region_polygon("cat")]), OTHER)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not an export of Label Studio"),
        ('{"a": 1}', "is not an export of Label Studio"),
        (
            '[{"image": "a.png", "label": "cat"}]',
            r"is not an export .*0\.data: Field required\): export again as JSON, and not",
        ),
        ('[{"id": 1, "data": {"image": "a.png"}}]', "holds no annotation: submit some"),
        ('[{"data": {"image": "a.png"}}]', "has tasks without annotations"),
    ],
)
def test_other_files_are_named(content: str, words: str, tmp_path: Path):
    root = label_studio(tmp_path / "data")
    (root / "export.json").write_text(content)
    with pytest.raises(DataError, match=words):
        LabelStudio(root=root).index(tmp_path / "into")


@pytest.mark.parametrize(
    "wrong",
    [
        region("polygonlabels", "cat", points=[[1, "x"], [2, 2], [3, 3]]),
        region("brushlabels", "cat", format="rle", rle=[1, 2, 3]),
        region("polygonlabels", "cat"),
    ],
)
def test_a_region_that_cannot_be_drawn_is_told_with_its_task(wrong: dict[str, Any], tmp_path: Path):
    with pytest.raises(DataError, match=r"export\.json, task 1 has an outline that cannot be drawn: it: "):
        of_tasks(tmp_path, task(1, "a", [wrong]), OTHER)


def test_a_box_without_numbers_is_told_with_its_task(tmp_path: Path):
    with pytest.raises(DataError, match=r"export\.json, task 1: 'x': export it again as JSON"):
        of_tasks(tmp_path, task(1, "a", [region("rectanglelabels", "cat")]), OTHER)


def test_it_is_found(tmp_path: Path):
    root = label_studio(tmp_path / "data")
    assert LabelStudio.found_at(root, {}) == {"labels": "export.json", "images": "images"}
    (root / "export.json").rename(root / "project-1.json")
    (root / "images").rename(root / "upload")
    assert LabelStudio.found_at(root, {}) == {"labels": "project-1.json", "images": "upload"}
    other = LabelStudio(root=root, labels="project-1.json", images="upload").index(tmp_path / "into")
    assert set(other.records) == {f"upload/{image}" for image in "abcde"}
    (root / "project-1.json").write_text('{"a.png": ["cat"]}')
    assert LabelStudio.found_at(root, {}) is None


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_an_export_without_its_end_is_found_and_told(share: float, tmp_path: Path):
    root = label_studio(tmp_path)
    data = (root / "export.json").read_bytes()
    (root / "export.json").write_bytes(data[: int(share * len(data))])
    assert LabelStudio.found_at(root, {}) == {"labels": "export.json", "images": "images"}
    with pytest.raises(
        DataError,
        match=rf"export\.json is JSON that ends too early, at byte {int(share * len(data)):,}: copy or export it again",
    ):
        LabelStudio(root=root).index(tmp_path)
    (root / "export.json").write_text('["cat", "annotation')
    (root / "other.json").write_text('[{"cat": "annotations')
    assert LabelStudio.found_at(root, {}) is None
