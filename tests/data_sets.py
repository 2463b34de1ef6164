"""Small data sets of noise, to be damaged: a VOC devkit and a folder of one's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from wsss.apps.check.check import check_dataset
from wsss.apps.check.findings import Check
from wsss.data.layouts.base import Layout

LISTS = "ImageSets/Segmentation"
CAT, DOG, PERSON = 8, 12, 15
"""Labels of three of VOC's classes."""

SHOWN: Mapping[str, Sequence[str]] = {
    "a": ("dog",),
    "b": ("cat", "dog", "cat"),
    "c": ("person",),
    "d": ("dog", "person"),
    "e": (),
}
"""What the images of both data sets show; the last two are val."""


def draw_image(path: Path, *, key: int, size: tuple[int, int] = (6, 4)) -> None:
    """Save noise, which no two keys share; `size` is width and height."""
    pixels = np.random.default_rng(key).integers(0, 256, size=(size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format="PNG")


def draw_mask(path: Path, labels: Sequence[int], *, size: tuple[int, int] = (6, 4)) -> None:
    """Save a mask of zeros whose first row starts with the labels, one pixel each."""
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    mask[0, : len(labels)] = labels
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path)


def annotate(root: Path, image: str, names: Sequence[str]) -> None:
    """Write an image's XML."""
    objects = "".join(f"<object><name>{name}</name></object>" for name in names)
    path = root / "Annotations" / f"{image}.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"<annotation>{objects}</annotation>", encoding="utf-8")


def devkit(root: Path) -> Path:
    """Five images with masks that say what their labels say."""
    labels = {"cat": CAT, "dog": DOG, "person": PERSON}
    for key, (image, names) in enumerate(SHOWN.items()):
        draw_image(root / "JPEGImages" / f"{image}.png", key=key)
        draw_mask(root / "SegmentationClass" / f"{image}.png", sorted({labels[name] for name in names}))
        annotate(root, image, names)
    (root / LISTS).mkdir(parents=True)
    (root / LISTS / "train.txt").write_text("a\nb\nc\n")
    (root / LISTS / "val.txt").write_text("d\ne\n")
    return root


def own_folder(root: Path) -> Path:
    """The same images in `images`, with a CSV that has a column for the split, and masks of the classes sorted."""
    classes = sorted({name for names in SHOWN.values() for name in names})
    lines = ["image,labels,split"]
    for key, (image, names) in enumerate(SHOWN.items()):
        draw_image(root / "images" / f"{image}.png", key=key)
        draw_mask(root / "masks" / f"{image}.png", sorted({classes.index(name) + 1 for name in names}))
        lines.append(f"{image}.png,{';'.join(dict.fromkeys(names))},{'val' if image in 'de' else 'train'}")
    (root / "labels.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return root


def checked(layout: Layout, **splits: str) -> Check:
    """Check a layout whose images lie on disk; masks that are drawn are gone afterwards."""
    with TemporaryDirectory() as into:
        return check_dataset(layout, into=Path(into), **splits)


def edit(path: Path, old: str, new: str) -> None:
    """Replace text in a file, which must have it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
