"""Boxes as files: detections as COCO has them, and an annotation of each image as PASCAL VOC has it."""

import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Final
from xml.etree import ElementTree as ET

from wsss.apps.batch.output import Output, Row
from wsss.apps.boxes.class_box import ClassBox
from wsss.labels import label_of
from wsss.store.texts import write_json, write_text

BOXES: Final = "boxes"
"""Key of a row: its boxes."""
VOC: Final = "annotations"
"""Key of a row, and folder: the XML files of its boxes."""


def write_coco_boxes(rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str) -> str:
    """Write `boxes.json` and return its name: COCO's images, categories, and a detection with a score for each box.

    `COCO.loadRes` of pycocotools takes its `annotations`; `source` says from what each was made.
    """
    found = [(place, box) for place, row in enumerate(rows, 1) for box in row[BOXES]]
    annotations = [
        {
            "id": number,
            "image_id": place,
            "category_id": label_of(list(classes).index(box["class"])),
            "iscrowd": 0,
            **{key: box[key] for key in ("bbox", "score", "area", "source")},
        }
        for number, (place, box) in enumerate(found, 1)
    ]
    images = [
        {"id": place, "file_name": row["image"], "width": row["width"], "height": row["height"]}
        for place, row in enumerate(rows, 1)
    ]
    categories = [{"id": label_of(index), "name": name} for index, name in enumerate(classes)]
    table = {"info": {"description": model}, "images": images, "annotations": annotations, "categories": categories}
    write_json(output.folder / "boxes.json", table)
    return "boxes.json"


def write_voc(image: str, boxes: Sequence[ClassBox], *, width: int, height: int, output: Output, name: str) -> str:
    """Write `annotations/<name>.xml` and return its path: the boxes of an image by its path below the inputs."""
    root = ET.Element("annotation")
    place = PurePosixPath(_text(image))
    _add(root, folder=str(place.parent), filename=place.name)
    _add(ET.SubElement(root, "size"), width=width, height=height, depth=3)
    _add(root, segmented=0)
    for box in boxes:
        left, top, wide, high = box.to_row()["bbox"]
        element = ET.SubElement(root, "object")
        _add(element, name=box.name, pose="Unspecified", truncated=0, difficult=0)
        # VOC counts pixels from 1 on, and the last one belongs to the box.
        _add(ET.SubElement(element, "bndbox"), xmin=left + 1, ymin=top + 1, xmax=left + wide, ymax=top + high)
        _add(element, score=f"{box.found.score:.4f}")
    ET.indent(root)
    path = output.file(VOC, name=name, suffix=".xml")
    write_text(path, ET.tostring(root, encoding="unicode") + "\n")
    return output.relative(path)


def _add(element: ET.Element, **texts: Any) -> None:
    for tag, text in texts.items():
        ET.SubElement(element, tag).text = str(text)


def _text(name: str) -> str:
    """Return a file's name without what XML cannot hold."""
    return "".join("?" if unicodedata.category(letter) in ("Cc", "Cs", "Cn") else letter for letter in name)
