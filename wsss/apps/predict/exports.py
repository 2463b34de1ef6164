"""Predictions for other tools: COCO's annotations, and tasks of Label Studio in which masks are corrected by hand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
from jaxtyping import Bool

from wsss.apps.batch.output import Output, Row
from wsss.data.coco_rle import coco_counts
from wsss.data.label_studio import label_config, task_of
from wsss.data.polygons import polygon_of, regions_of
from wsss.draw.label_colours import label_colours
from wsss.labels import label_of
from wsss.store.files import read_mask_item
from wsss.store.texts import write_json, write_text

Mask = Bool[np.ndarray, "h w"]


def write_coco(rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str) -> str:
    """Write `coco.json` and return its name: one annotation an image and class, with run lengths and a score.

    Objects of one class are one region, which COCO calls a crowd.
    """

    def whole(mask: Mask) -> list[dict[str, Any]]:
        segmentation = {"size": list(mask.shape), "counts": coco_counts(mask)}
        return [{"segmentation": segmentation, **measures(mask), "iscrowd": 1}]

    return _write_annotations("coco.json", rows, whole, output=output, classes=classes, model=model)


def write_polygons(rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str) -> str:
    """Write `polygons.json` and return its name: COCO's annotations, a polygon for each region of a class."""

    def parts(mask: Mask) -> list[dict[str, Any]]:
        return [{"segmentation": [polygon_of(region)], **measures(region), "iscrowd": 0} for region in regions_of(mask)]

    return _write_annotations("polygons.json", rows, parts, output=output, classes=classes, model=model)


def _write_annotations(
    name: str,
    rows: Sequence[Row],
    annotate: Callable[[Mask], list[dict[str, Any]]],
    *,
    output: Output,
    classes: Sequence[str],
    model: str,
) -> str:
    """Write a file of COCO's form; `annotate` gives the annotations of the mask of a class in an image."""
    annotations: list[dict[str, Any]] = []
    for place, row in enumerate(rows, 1):
        labels = read_mask_item(output.place(row["mask"]))
        for shown, area in row["classes"].items():
            label = label_of(list(classes).index(shown))
            for each in annotate(labels == label):
                of = {"id": len(annotations) + 1, "image_id": place, "category_id": label}
                annotations.append({**of, **each, "score": area["confidence"]})
    images = [
        {"id": place, "file_name": row["image"], "width": row["width"], "height": row["height"]}
        for place, row in enumerate(rows, 1)
    ]
    categories = [{"id": label_of(index), "name": shown} for index, shown in enumerate(classes)]
    table = {"info": {"description": model}, "images": images, "annotations": annotations, "categories": categories}
    write_json(output.folder / name, table)
    return name


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


FORMATS: Final[Mapping[str, Callable[..., str]]] = {
    "coco": write_coco,
    "polygons": write_polygons,
    "label_studio": write_label_studio,
}
"""What writes all predictions in another form."""


def measures(mask: Mask) -> dict[str, Any]:
    """Return the pixels of a mask, and the box around them."""
    return {"area": int(mask.sum()), "bbox": _box(mask)}


def _box(mask: Mask) -> list[int]:
    """Return left, top, width and height of the pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]


def write_formats(
    names: Iterable[str], rows: Sequence[Row], *, output: Output, classes: Sequence[str], model: str
) -> dict[str, str]:
    """Write some formats, and return the names of their files."""
    return {name: FORMATS[name](rows, output=output, classes=classes, model=model) for name in names}
