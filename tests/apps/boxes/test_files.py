"""Files of boxes, read by the libraries that they are for."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from wsss.apps.batch.output import Output
from wsss.apps.boxes.class_box import boxes_of_mask
from wsss.apps.boxes.files import BOXES, VOC, write_coco_boxes, write_voc
from wsss.boxes import BoxRule
from wsss.data.layouts.voc_files import read_objects

CLASSES = ("cat & mouse", "dog")


def output(folder: Path) -> Output:
    return Output(folder=folder, name="predictions", parts={VOC: VOC})


def labels() -> np.ndarray:
    found = np.zeros((30, 40), dtype=np.uint8)
    found[2:12, 1:21], found[10:30, 25:40] = 1, 2
    return found


def test_detections_are_scored_by_pycocotools(tmp_path: Path):
    boxes = boxes_of_mask(labels(), np.full((30, 40), 0.5, dtype=np.float16), classes=CLASSES, rule=BoxRule())
    row = {"image": "x/a.png", "width": 40, "height": 30, BOXES: [box.to_row() for box in boxes]}
    empty = {"image": "x/b.png", "width": 40, "height": 30, BOXES: []}
    output(tmp_path).write_table({})
    assert write_coco_boxes([empty, row], output=output(tmp_path), classes=CLASSES, model="m") == "boxes.json"
    table = json.loads((tmp_path / "boxes.json").read_text(encoding="utf-8"))
    truth = COCO()
    truth.dataset = table
    truth.createIndex()
    detections = truth.loadRes(json.loads(json.dumps(table["annotations"])))
    assert [(a["image_id"], a["category_id"], a["bbox"]) for a in detections.dataset["annotations"]] == [
        (2, 1, [1, 2, 20, 10]),
        (2, 2, [25, 10, 15, 20]),
    ]
    scored = COCOeval(truth, detections, "bbox")
    scored.evaluate()
    scored.accumulate()
    scored.summarize()
    assert round(float(scored.stats[0]), 9) == 1


def test_annotations_of_voc_count_from_1(tmp_path: Path):
    boxes = boxes_of_mask(labels(), np.full((30, 40), 0.5, dtype=np.float16), classes=CLASSES, rule=BoxRule())
    name = write_voc("x/a\x01<.png", boxes, width=40, height=30, output=output(tmp_path), name="x/a")
    assert name == "annotations/x/a.xml"
    root = ET.parse(tmp_path / name).getroot()
    assert [root.findtext(tag) for tag in ("folder", "filename", "size/width", "size/height")] == [
        *("x", "a?<.png"),
        *("40", "30"),
    ]
    edges = [[int(e.text or 0) for e in box] for box in root.iter("bndbox")]
    assert edges == [[2, 3, 21, 12], [26, 11, 40, 30]]
    read = read_objects(tmp_path / name, difficult=False)
    assert [each.name for each in read] == list(CLASSES)
    assert [each.box for each in read] == [box.found.box for box in boxes], "what is written is read again"
