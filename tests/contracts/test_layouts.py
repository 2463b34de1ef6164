"""The contract of every layout, on small data sets."""

from collections.abc import Callable
from pathlib import Path

import pytest
from annotated_data import cvat, imagefolder, label_studio, labelme, yolo
from archives import shards
from builders import defined
from coco_data import coco_folder
from data_sets import devkit, own_folder

from wsss.data import layouts
from wsss.data.layouts.base import Layout
from wsss.data.layouts.coco import COCO
from wsss.data.layouts.cvat import CVAT
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.imagefolder import ImageFolder
from wsss.data.layouts.labelme import Labelme
from wsss.data.layouts.labelstudio import LabelStudio
from wsss.data.layouts.shards import Shards
from wsss.data.layouts.toy import Toy
from wsss.data.layouts.voc import VOC
from wsss.data.layouts.yolo import YOLO
from wsss.testing.layouts import PROMISES, Promise

MADE: dict[str, Callable[[Path], Layout]] = {
    "COCO": lambda path: COCO(root=coco_folder(path)),
    "CVAT": lambda path: CVAT(root=cvat(path)),
    "Folder": lambda path: Folder(root=own_folder(path), masks="masks"),
    "ImageFolder": lambda path: ImageFolder(root=imagefolder(path)),
    "LabelStudio": lambda path: LabelStudio(root=label_studio(path)),
    "Labelme": lambda path: Labelme(root=labelme(path)),
    "Shards": lambda path: Shards(root=shards(path / "shards"), masks="seg.png", splits={"train": "t*", "val": "v*"}),
    "Toy": lambda _: Toy(train=3, val=2, size=64),
    "VOC": lambda path: VOC(root=devkit(path)),
    "YOLO": lambda path: YOLO(root=yolo(path)),
}


def test_every_layout_is_here():
    assert [cls.__name__ for cls in defined(layouts, Layout)] == list(MADE)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
@pytest.mark.parametrize("name", MADE)
def test_a_layout_keeps(name: str, promise: Promise, tmp_path: Path):
    (tmp_path / "into").mkdir()
    promise(MADE[name](tmp_path / "data"), tmp_path / "into")
