"""A small data set in COCO's layout, drawn: crowds, overlaps, gaps between ids, and every form of an outline."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from data_sets import draw_image
from pycocotools import mask as reference

WIDTH, HEIGHT = 24, 16
CATEGORIES = ({"id": 18, "name": "dog"}, {"id": 1, "name": "person"}, {"id": 90, "name": "toothbrush"})
"""Out of order, and with gaps."""
PERSON, DOG, TOOTHBRUSH = 1, 2, 3
"""Labels in masks."""

BOX = [[2.0, 2.0, 12.0, 2.0, 12.0, 10.0, 2.0, 10.0]]
OVER = [[8.3, 4.2, 20.7, 4.9, 15.1, 13.6]]
TWO_PARTS = [[1, 11, 5, 11, 5, 15, 1, 15], [17, 1, 22, 1, 22, 4, 17, 4]]


def runs(top: int, bottom: int, left: int, right: int) -> dict[str, Any]:
    """Run lengths of a rectangle as numbers, as COCO has crowds."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[top:bottom, left:right] = 1
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [0]])))
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    return {"size": [HEIGHT, WIDTH], "counts": counts}


def compressed(runs_of: dict[str, Any]) -> dict[str, Any]:
    """The same run lengths as COCO's text."""
    made = reference.frPyObjects(runs_of, HEIGHT, WIDTH)
    return {"size": [HEIGHT, WIDTH], "counts": made["counts"].decode()}


def annotation(
    image: int, category: int, segmentation: Any = None, *, crowd: bool = False, **other: Any
) -> dict[str, Any]:
    """One instance, without a number of its own."""
    outline = {} if segmentation is None else {"segmentation": segmentation}
    return {"image_id": image, "category_id": category, "iscrowd": int(crowd), **outline, **other}


TRAIN = (
    annotation(1, 18, BOX, bbox=[2, 2, 10, 8]),
    annotation(1, 1, OVER, bbox=[8.3, 4.2, 12.4, 9.4]),
    annotation(2, 90, TWO_PARTS),
    annotation(2, 1, compressed(runs(3, 9, 4, 20))),
    annotation(2, 18, runs(0, 12, 0, 10), crowd=True),
    annotation(3, 1, runs(0, 16, 0, 6), crowd=True),
)
VAL = (annotation(7, 18, OVER, bbox=[8.3, 4.2, 12.4, 9.4]),)


def write_coco(
    path: Path,
    images: dict[int, str],
    annotations: Any,
    *,
    pictures: list[dict[str, Any]] | None = None,
    **changes: Any,
) -> None:
    """Write an annotation file; `pictures` and `changes` replace parts of it."""
    drawn = [{"id": i, "file_name": name, "width": WIDTH, "height": HEIGHT} for i, name in images.items()]
    numbered = [{"id": number, **each} for number, each in enumerate(annotations, start=1)]
    whole = {"images": pictures or drawn, "annotations": numbered, "categories": list(CATEGORIES), **changes}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole), encoding="utf-8")


def coco_folder(root: Path) -> Path:
    """Four images to train on, one of which has no annotation, and two of val, in the layout of COCO 2014."""
    names = {split: f"COCO_{split}2014_{{:012d}}.png" for split in ("train", "val")}
    images = {"train": [1, 2, 3, 4], "val": [7, 8]}
    for split, annotations in (("train", TRAIN), ("val", VAL)):
        named = {i: names[split].format(i) for i in images[split]}
        for i, name in named.items():
            draw_image(root / f"{split}2014" / name, key=i, size=(WIDTH, HEIGHT))
        write_coco(root / f"annotations/instances_{split}2014.json", named, annotations)
    return root
