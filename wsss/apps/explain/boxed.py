"""Boxes of explanations: around what is bright in each map."""

from collections.abc import Mapping, Sequence

from wsss.apps.batch.output import Output
from wsss.apps.batch.task import Example
from wsss.apps.boxes import VOC, BoxOptions, ClassBox, boxes_of_map, write_voc
from wsss.apps.explain.explanation import Explained
from wsss.store.files import item_name

Boxed = Mapping[tuple[str, str], Sequence[ClassBox]]
"""Boxes of each class by each method."""


def boxed(explained: Explained, options: BoxOptions) -> dict[tuple[str, str], tuple[ClassBox, ...]]:
    """Return the boxes of every explanation, by class and method."""
    return {
        (each.name, each.method): boxes_of_map(
            each.heat,
            size=each.size,
            probability=each.probability,
            name=each.name,
            source=each.method,
            options=options,
        )
        for each in explained.explanations
    }


def write_annotations(boxes: Boxed, example: Example, *, output: Output) -> dict[str, list[str]]:
    """Write a folder of annotations for each method, and return the entry of the image's row."""
    height, width = example.image.shape[:2]
    files = []
    for method in dict.fromkeys(method for _, method in boxes):
        own = [box for (_, by), each in boxes.items() if by == method for box in each]
        name = f"{item_name(method, '')}/{example.name}"
        files.append(write_voc(example.path, own, width=width, height=height, output=output, name=name))
    return {VOC: files}
