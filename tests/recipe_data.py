"""Stand-ins for benchmarks in their exact layouts: a VOC devkit with the list train_aug, and COCO 2014."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 72, 56
VOC = {"aeroplane": 1, "cat": 8, "tvmonitor": 20}
COCO = {1: "person", 18: "dog", 90: "toothbrush"}
"""Three of the ids 1 .. 90; the stand-in has the other 77 categories as well."""
GAPS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
"""Ids between 1 and 90 that COCO has no category for."""
AUG, TRAIN, VAL = 10, 6, 6
"""Images of VOC's lists; those of train are among those of train_aug."""


def scenes(kinds: int, count: int) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[int, int, int, int], int]]:
    """Yield images, where their object is, its box (left, top, width, height), and which kind of object it is."""
    for number in range(count):
        generator = np.random.default_rng(number)
        pixels = generator.integers(80, 120, size=(HEIGHT, WIDTH, 3), dtype=np.uint8)
        left, top = int(generator.integers(2, 30)), int(generator.integers(2, 20))
        box, kind = (left, top, 34, 28), number % kinds
        inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
        inside[top : top + 28, left : left + 34] = True
        pixels[inside] = np.eye(3, dtype=np.uint8)[kind] * 200
        yield pixels, inside, box, kind


def voc_stand_in(root: Path) -> Path:
    """Draw a devkit: JPEGs, XML, palette masks with 255 around objects, and the lists train_aug, train and val."""
    names = [f"2007_{number:06d}" for number in range(AUG + VAL)]
    for name, (pixels, inside, _, kind) in zip(names, scenes(len(VOC), len(names)), strict=True):
        word, label = list(VOC.items())[kind]
        mask = np.where(inside, label, 0).astype(np.uint8)
        mask[inside ^ np.roll(inside, 1, axis=1)] = 255
        _save(root / "JPEGImages" / f"{name}.jpg", Image.fromarray(pixels))
        _save(root / "SegmentationClass" / f"{name}.png", Image.fromarray(mask))
        xml = f"<annotation><object><name>{word}</name><difficult>0</difficult></object></annotation>"
        _write(root / "Annotations" / f"{name}.xml", xml)
    for split, ids in {"train_aug": names[:AUG], "train": names[:TRAIN], "val": names[AUG:]}.items():
        _write(root / "ImageSets" / "Segmentation" / f"{split}.txt", "".join(f"{name}\n" for name in ids))
    return root


def coco_stand_in(root: Path, *, train: int = 10, val: int = 6) -> Path:
    """Draw COCO 2014: JPEGs, instances with polygons and crowds, 80 categories, and images without annotations."""
    categories = [{"id": i, "name": COCO.get(i, f"thing {i}")} for i in range(1, 91) if i not in GAPS]
    for split, first, count in (("train2014", 1, train), ("val2014", 500_000, val)):
        images, annotations = [], []
        for number, (pixels, _, (left, top, width, height), kind) in enumerate(scenes(3, count), start=first):
            name = f"COCO_{split}_{number:012d}.jpg"
            _save(root / split / name, Image.fromarray(pixels))
            images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT})
            if number == first + count - 1:
                continue
            right, bottom = left + width, top + height
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": list(COCO)[kind],
                    "iscrowd": 0,
                    "bbox": [left, top, width, height],
                    "area": width * height,
                    "segmentation": [[left, top, right, top, right, bottom, left, bottom]],
                }
            )
        content = {"images": images, "annotations": annotations, "categories": categories}
        _write(root / "annotations" / f"instances_{split}.json", json.dumps(content))
    return root


def _save(path: Path, image: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
