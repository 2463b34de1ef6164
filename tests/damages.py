"""What can be wrong with a devkit of `data_sets`: what a run refuses, and what it takes."""

import shutil
from collections.abc import Callable
from pathlib import Path

from data_sets import LISTS, annotate, draw_image, draw_mask
from PIL import Image

Damage = Callable[[Path], object]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def put(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()


def turn(path: Path) -> None:
    """Give an image an orientation that swaps its height and width."""
    exif = Image.Exif()
    exif[0x112] = 6
    with Image.open(path) as image:
        image.save(path, exif=exif)


REFUSED: dict[str, tuple[Damage, list[str]]] = {
    "truncated image": (lambda r: cut(r / "JPEGImages/a.png"), ["image"]),
    "empty image": (lambda r: (r / "JPEGImages/e.png").write_bytes(b""), ["image"]),
    "two broken images": (lambda r: [cut(r / f"JPEGImages/{i}.png") for i in "ad"], ["image", "image"]),
    "no image": (lambda r: (r / "JPEGImages/a.png").unlink(), ["list"]),
    "truncated mask": (lambda r: cut(r / "SegmentationClass/a.png"), ["mask"]),
    "mask of another size": (lambda r: draw_mask(r / "SegmentationClass/a.png", [1], size=(4, 6)), ["mask"]),
    "mask of another class": (lambda r: draw_mask(r / "SegmentationClass/a.png", [21]), ["mask"]),
    "masks of nothing": (
        lambda r: [draw_mask(path, [255]) for path in (r / "SegmentationClass").iterdir()],
        ["mask"],
    ),
    "no annotation": (lambda r: (r / "Annotations/a.xml").unlink(), ["label"]),
    "torn annotation": (lambda r: (r / "Annotations/a.xml").write_text("<a"), ["label"]),
    "no such class": (lambda r: annotate(r, "a", ["dog", "unicorn", "unicorn"]), ["class"]),
    "repeated line": (lambda r: (r / LISTS / "train.txt").write_text("a\na\n"), ["list"]),
    "no list": (lambda r: (r / LISTS / "val.txt").unlink(), ["list", "split"]),
    "empty list": (lambda r: (r / LISTS / "val.txt").write_text(""), ["list", "split"]),
    "no label at all": (lambda r: [annotate(r, i, []) for i in "abc"], ["label"]),
    "no object, but lists of classes": (
        lambda r: [*(annotate(r, i, []) for i in "abcde"), put(r / "ImageSets/Main/cat_train.txt")],
        ["label", "label"],
    ),
    "a split that a run needs": (
        lambda r: (r / LISTS / "val.txt").rename(r / LISTS / "test.txt"),
        ["list", "split"],
    ),
    "a mask that was not turned": (lambda r: turn(r / "JPEGImages/a.png"), ["mask"]),
    "no devkit": (lambda r: shutil.rmtree(r / "Annotations"), ["layout"]),
}
HARMLESS: dict[str, Damage] = {
    "nothing": lambda _: None,
    "no mask": lambda r: (r / "SegmentationClass/a.png").unlink(),
    "a broken image that nothing lists": lambda r: (r / "JPEGImages/z.png").write_bytes(b""),
    "a broken mask of no image": lambda r: (r / "SegmentationClass/z.png").write_bytes(b""),
    "equal images": lambda r: draw_image(r / "JPEGImages/e.png", key=0),
    "an image in both splits": lambda r: (r / LISTS / "val.txt").write_text("d\na\n"),
    "labels that the mask does not show": lambda r: annotate(r, "a", ["cat"]),
    "an image without a label": lambda r: annotate(r, "a", []),
}
