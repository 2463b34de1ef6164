"""What all layouts of annotation tools share: one data set comes out alike, whoever annotated it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from annotated_data import CLASSES, HEIGHT, WIDTH, cvat, imagefolder, label_studio, labelme, yolo
from data_sets import SHOWN, draw_image

from wsss.data.index import Index
from wsss.data.layouts.annotated_images import AnnotatedImages
from wsss.data.layouts.cvat import CVAT
from wsss.data.layouts.imagefolder import ImageFolder
from wsss.data.layouts.labelme import Labelme
from wsss.data.layouts.labelstudio import LabelStudio
from wsss.data.layouts.yolo import YOLO
from wsss.errors import ConfigError, DataError

MADE: dict[str, Callable[[Path], AnnotatedImages]] = {
    "YOLO": lambda path: YOLO(root=yolo(path)),
    "Labelme": lambda path: Labelme(root=labelme(path)),
    "CVAT": lambda path: CVAT(root=cvat(path)),
    "LabelStudio": lambda path: LabelStudio(root=label_studio(path)),
    "ImageFolder": lambda path: ImageFolder(root=imagefolder(path)),
}
OUTLINED = [name for name in MADE if name != "ImageFolder"]


def indexed(name: str, folder: Path, **options: object) -> Index:
    layout = MADE[name](folder / "data")
    return type(layout)(**{**layout.__dict__, **options}).index(folder / "into")


def by_name(index: Index) -> dict[str, str]:
    return {i.rpartition("/")[2]: i for i in index.records}


@pytest.mark.parametrize("name", MADE)
def test_labels_are_the_same_of_every_tool(name: str, tmp_path: Path):
    index = indexed(name, tmp_path)
    shown = {short: {index.classes[c] for c in index.records[i].classes} for short, i in by_name(index).items()}
    assert shown == {image: set(names) for image, names in SHOWN.items()}


def drawn(name: str, classes: tuple[str, ...]) -> np.ndarray:
    """The masks of the polygons of one image, by hand: the shapes of `annotated_data` at the centres of pixels."""
    labels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    for cls in dict.fromkeys(SHOWN[name]):
        label = classes.index(cls) + 1
        if cls == "cat":
            labels[0:4, 0:4] = label
        elif cls == "dog":
            labels[2:8, 2:8] = label
        else:
            for row in range(3):
                # The lower border leads from (6, 0) to (12, 3): two pixels to the right for each row.
                labels[row, 6 + 2 * row + 1 : 12] = label
    return labels


@pytest.mark.parametrize("name", OUTLINED)
def test_masks_are_the_same_of_every_tool(name: str, tmp_path: Path):
    index = indexed(name, tmp_path)
    for short, i in by_name(index).items():
        truth = index.truth(index.records[i])
        assert truth is not None
        assert truth.tolist() == drawn(short, index.classes).tolist(), short


def test_classes_are_the_tool_s_or_sorted_or_one_s_own(tmp_path: Path):
    assert [indexed(name, tmp_path / name).classes for name in ("YOLO", "CVAT")] == [CLASSES, CLASSES]
    assert indexed("Labelme", tmp_path / "sorted").classes == ("cat", "dog", "person")
    own = ("cat", "person", "dog")
    assert indexed("Labelme", tmp_path / "own", classes=own).classes == own
    with pytest.raises(DataError, match="labelled 'person', which is not a class"):
        indexed("Labelme", tmp_path / "few", classes=("cat", "dog"))


def test_a_hash_splits_where_no_split_is_named(tmp_path: Path):
    assert {split: len(ids) for split, ids in indexed("CVAT", tmp_path).splits.items()} == {"train": 4, "val": 1}
    assert list(indexed("CVAT", tmp_path / "2", val_fraction=0).splits) == ["train"]
    assert len(indexed("CVAT", tmp_path / "3", val_fraction=0.5).splits["val"]) > 1
    with pytest.raises(ConfigError, match=r"dataset\.val_fraction: 1 is not in"):
        Labelme(root=tmp_path, val_fraction=1)


def test_an_image_of_another_size_than_was_annotated_is_refused(tmp_path: Path):
    root = labelme(tmp_path)
    draw_image(root / "a.png", key=1, size=(WIDTH, HEIGHT + 1))
    with pytest.raises(DataError, match=r"a\.json gives 12 x 8 pixels, and the image a\.png has 12 x 9"):
        Labelme(root=root).index(tmp_path / "into")


def test_an_image_twice_and_one_that_is_gone(tmp_path: Path):
    root = labelme(tmp_path)
    (root / "again.json").write_bytes((root / "a.json").read_bytes())
    (root / "b.png").unlink()
    listing = Labelme(root=root).listing(tmp_path)
    said = "\n".join(problem.why for problem in listing.problems)
    assert "again.json: a.png was annotated before, in a.json: keep one" in said
    assert "'b.png' is not in '.'" in said


def test_likely_slips_are_refused(tmp_path: Path):
    root = labelme(tmp_path)
    content = json.loads((root / "a.json").read_text())
    content["shapes"][0]["label"] = "Dog"
    (root / "a.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="is almost"):
        Labelme(root=root).index(tmp_path / "into")


@pytest.mark.parametrize("name", MADE)
def test_a_folder_that_is_not_there(name: str, tmp_path: Path):
    layout = type(MADE[name](tmp_path / "data"))
    with pytest.raises(DataError, match=r"gone is not a folder: set `dataset\.root`"):
        layout(root=tmp_path / "gone").index(tmp_path / "into")


def test_more_classes_than_a_mask_holds_are_refused(tmp_path: Path):
    root = yolo(tmp_path / "data")
    (root / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {[f'c{i}' for i in range(300)]}\n")
    with pytest.raises(DataError, match=r"^300 classes do not fit a mask"):
        YOLO(root=root).index(tmp_path / "into")
