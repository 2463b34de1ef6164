"""Masks as COCO's JSON: a region of each class of an image, with run lengths, and boxes around its parts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from wsss.apps.export.predicted import Predictions
from wsss.apps.predict.exports import measures
from wsss.boxes.components import components
from wsss.data.coco_rle import coco_counts
from wsss.errors import ConfigError
from wsss.labels import BACKGROUND, label_of
from wsss.store.texts import write_json


def export_coco(predictions: Predictions, out: Path, *, advance: Callable[[], object]) -> int:
    """Write the file, and return how many regions it holds: one for each component of each class of an image.

    Raises `ConfigError` for a file with another suffix.
    """
    if out.suffix != ".json":
        raise ConfigError([f"--out {out}: name a .json"])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for place, each in enumerate(predictions.each, 1):
        height, width = each.labels.shape
        images.append({"id": place, "file_name": each.file, "width": width, "height": height})
        for label in np.unique(each.labels).tolist():
            if label == BACKGROUND:
                continue
            numbers, count = components(each.labels == label)
            for number in range(1, count + 1):
                mask = numbers == number
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": place,
                        "category_id": label,
                        "segmentation": {"size": [height, width], "counts": coco_counts(mask)},
                        **measures(mask),
                        "iscrowd": 0,
                    }
                )
        advance()
    categories = [{"id": label_of(index), "name": name} for index, name in enumerate(predictions.classes)]
    info = {"description": f"wsss {predictions.fingerprint}"}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(out, {"info": info, "images": images, "annotations": annotations, "categories": categories})
    return len(annotations)
