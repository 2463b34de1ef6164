"""Predictions for other tools: COCO's annotations, and tasks of Label Studio in which masks are corrected by hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np

from wsss.apps.batch.output import Output, Row
from wsss.data.coco_rle import coco_counts
from wsss.data.label_studio import label_config, task_of
from wsss.draw.label_colours import label_colours
from wsss.labels import label_of
from wsss.store.files import read_mask_item
from wsss.store.texts import write_json, write_text


def write_coco(rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str) -> str:
    """Write `coco.json` and return its name: one annotation an image and class, with run lengths and a score.

    Objects of one class are one region, which COCO calls a crowd.
    """
    annotations: list[dict[str, Any]] = []
    for place, row in enumerate(rows, 1):
        labels = read_mask_item(output.place(row["mask"]))
        for name, area in row["classes"].items():
            label = label_of(list(classes).index(name))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": place,
                    "category_id": label,
                    "segmentation": {"size": list(labels.shape), "counts": coco_counts(labels == label)},
                    "area": area["pixels"],
                    "bbox": _box(labels == label),
                    "iscrowd": 1,
                    "score": area["confidence"],
                }
            )
    images = [
        {"id": place, "file_name": row["image"], "width": row["width"], "height": row["height"]}
        for place, row in enumerate(rows, 1)
    ]
    categories = [{"id": label_of(index), "name": name} for index, name in enumerate(classes)]
    table = {"info": {"description": model}, "images": images, "annotations": annotations, "categories": categories}
    write_json(output.folder / "coco.json", table)
    return "coco.json"


def write_label_studio(rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str) -> str:
    """Write `label_studio.json`, the tasks, and `label_studio.xml`, the interface; return the name of the first."""
    tasks = [
        task_of(
            row["image"],
            read_mask_item(output.place(row["mask"])),
            name=str(PurePosixPath(row["mask"]).relative_to(output.parts["mask"]).with_suffix("")),
            classes=classes,
            model=model,
        )
        for row in rows
    ]
    colours = label_colours()
    named = {name: f"#{bytes(colours[label_of(index)]).hex()}" for index, name in enumerate(classes)}
    write_json(output.folder / "label_studio.json", tasks)
    write_text(output.folder / "label_studio.xml", label_config(named))
    return "label_studio.json"


FORMATS: Final[Mapping[str, Callable[..., str]]] = {"coco": write_coco, "label_studio": write_label_studio}
"""What writes all predictions in another form."""


def _box(mask: Any) -> list[int]:
    """Return left, top, width and height of the pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]


def write_formats(
    names: Iterable[str], rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str
) -> dict[str, str]:
    """Write some formats, and return the names of their files."""
    return {name: FORMATS[name](rows, output=output, classes=classes, model=model) for name in names}
