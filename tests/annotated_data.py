"""The images of `data_sets` as annotation tools have them: the same labels, and polygons for masks."""

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from data_sets import SHOWN, draw_image

WIDTH, HEIGHT = 12, 8
CLASSES = ("person", "dog", "cat")
"""In an order that is not the alphabet's."""
CORNERS = {
    "cat": [(0, 0), (4, 0), (4, 4), (0, 4)],
    "dog": [(2, 2), (8, 2), (8, 8), (2, 8)],
    "person": [(6, 0), (12, 0), (12, 3)],
}
"""Of the polygon of each class; a dog covers a part of a cat before it."""


def names_of(image: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(SHOWN[image]))


def draw_images(folder: Path, images: str = "abcde") -> None:
    for key, image in enumerate(SHOWN):
        if image in images:
            draw_image(folder / f"{image}.png", key=key, size=(WIDTH, HEIGHT))


def yolo(root: Path, *, boxes: bool = False) -> Path:
    """`data.yaml`, images in two folders and polygons beside them; with `boxes` boxes instead."""
    names = "\n".join(f"  {number}: {name}" for number, name in enumerate(CLASSES))
    draw_images(root / "images/train", "abc")
    draw_images(root / "images/val", "de")
    (root / "data.yaml").write_text(f"path: ../somewhere\ntrain: images/train\nval: images/val\nnames:\n{names}\n")
    for image in "abcd":
        lines = []
        for name in names_of(image):
            numbers = [
                value / side for corner in CORNERS[name] for value, side in zip(corner, (WIDTH, HEIGHT), strict=True)
            ]
            if boxes:
                x, y = numbers[::2], numbers[1::2]
                numbers = [(min(x) + max(x)) / 2, (min(y) + max(y)) / 2, max(x) - min(x), max(y) - min(y)]
            lines.append(" ".join(map(str, [CLASSES.index(name), *numbers])))
        path = root / f"labels/{'val' if image == 'd' else 'train'}/{image}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, ""]))
    return root


def shape(label: str, points: Any = None, kind: str = "polygon") -> dict[str, Any]:
    return {"label": label, "points": CORNERS[label] if points is None else points, "shape_type": kind}


def write_labelme(root: Path, image: str, shapes: list[dict[str, Any]], **other: Any) -> None:
    sizes = {"imagePath": f"{image}.png", "imageWidth": WIDTH, "imageHeight": HEIGHT, "imageData": None}
    (root / f"{image}.json").write_text(json.dumps({"version": "5.4", "flags": {}, "shapes": shapes, **sizes, **other}))


def labelme(root: Path) -> Path:
    draw_images(root)
    for image in SHOWN:
        write_labelme(root, image, [shape(name) for name in names_of(image)])
    return root


def cvat_image(image: str, content: str, **other: str) -> str:
    known = {"name": f"{image}.png", "width": str(WIDTH), "height": str(HEIGHT), **other}
    return f"<image {' '.join(f'{key}={quoteattr(value)}' for key, value in known.items())}>{content}</image>"


def cvat_polygon(name: str, **other: str) -> str:
    points = ";".join(f"{x},{y}" for x, y in CORNERS[name])
    words = " ".join(f'{key}="{value}"' for key, value in other.items())
    return f'<polygon label="{name}" points="{points}" {words}/>'


def write_cvat(root: Path, *images: str) -> None:
    labels = "".join(f"<label><name>{name}</name></label>" for name in CLASSES)
    meta = f"<meta><task><labels>{labels}</labels></task></meta>"
    (root / "annotations.xml").write_text(f"<annotations>{meta}{''.join(images)}</annotations>")


def cvat(root: Path) -> Path:
    draw_images(root / "images")
    write_cvat(root, *(cvat_image(image, "".join(map(cvat_polygon, names_of(image)))) for image in SHOWN))
    return root


def region(kind: str, name: str, **value: Any) -> dict[str, Any]:
    sizes = {"original_width": WIDTH, "original_height": HEIGHT}
    return {"type": kind, "from_name": "l", "to_name": "image", **sizes, "value": {kind: [name], **value}}


def region_polygon(name: str) -> dict[str, Any]:
    return region("polygonlabels", name, points=[[100 * x / WIDTH, 100 * y / HEIGHT] for x, y in CORNERS[name]])


def task(number: int, image: str, *results: list[dict[str, Any]]) -> dict[str, Any]:
    """A task with an annotation of each result."""
    address = {"image": f"/data/upload/1/0123abcd-{image}.png"}
    return {"id": number, "data": address, "annotations": [{"result": result} for result in results]}


def label_studio(root: Path) -> Path:
    draw_images(root / "images")
    tasks = [task(n, image, [region_polygon(name) for name in names_of(image)]) for n, image in enumerate(SHOWN)]
    (root / "export.json").write_text(json.dumps(tasks))
    return root


def imagefolder(root: Path) -> Path:
    """Splits with a JSON a line each; the labels are lists."""
    for split, images in (("train", "abc"), ("validation", "de")):
        draw_images(root / split, images)
        rows = [{"file_name": f"{image}.png", "labels": names_of(image)} for image in images]
        (root / split / "metadata.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return root
