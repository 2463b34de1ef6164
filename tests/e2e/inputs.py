"""Makes the inputs of the corpus: data sets with one thing wrong or odd, and faults."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from fnmatch import fnmatch
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import yaml
from e2e.trial import Trial
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from wsss.data import index
from wsss.data.images import read_image
from wsss.store.texts import read_json, write_json
from wsss.training import classifier

NOISE = np.random.default_rng(0).integers(0, 256, size=(24, 32, 3), dtype=np.uint8)
LABELS = "image,labels\na.png,cat\nb.png,dog\n"
Make = Callable[[Path], None]


def put(path: Path, pixels: NDArray[Any] = NOISE) -> Path:
    """Write an image, and the folders on its way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def photos(*names: str, labels: str | bytes | None = LABELS, masks: dict[str, NDArray[Any]] | None = None) -> Make:
    """A folder `images` with a.png, b.png and others, a CSV if wanted, and masks by file name."""

    def make(root: Path) -> None:
        for name in ("a.png", "b.png", *names):
            put(root / "images" / name)
        for name, mask in (masks or {}).items():
            put(root / "masks" / name, mask)
        if labels is not None:
            (root / "labels.csv").write_bytes(labels if isinstance(labels, bytes) else labels.encode())

    return make


def one_more(name: str, content: bytes | NDArray[Any] | Make, *, labels: str = "cat") -> Make:
    """The same, with a file of any content that the CSV lists: bytes, pixels, or what makes it."""

    def make(root: Path) -> None:
        photos(labels=f'{LABELS}"{name}",{labels}\n')(root)
        path = root / "images" / name
        if callable(content):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            put(path, content)

    return make


def cut(path: Path) -> None:
    """An image of which the second half was lost."""
    content = put(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def enormous(path: Path) -> None:
    """12,000 x 9,000 grey pixels."""
    Image.new("L", (12_000, 9_000), 90).save(path)


def both(*every: Make) -> Make:
    """One after the other."""

    def make(root: Path) -> None:
        for each in every:
            each(root)

    return make


def broken(root: Path) -> None:
    """Two good images and three that cannot be read."""
    rows = ["a.png,cat,train", "b.png,dog,val", "cut.jpg,cat,train", "empty.png,dog,val", "web.png,cat,train"]
    photos(labels="\n".join(["image,labels,split", *rows]))(root)
    cut(root / "images" / "cut.jpg")
    (root / "images" / "empty.png").touch()
    (root / "images" / "web.png").write_text("<html>404</html>")


def devkit(*, train: str = "a\n", names: str = "ab") -> Make:
    """A VOC devkit of cats with their masks: `train` is its list, val is b."""

    def make(root: Path) -> None:
        for name in names:
            put(root / "JPEGImages" / f"{name}.png")
            put(root / "SegmentationClass" / f"{name}.png", np.full(NOISE.shape[:2], 8, dtype=np.uint8))
            (root / "Annotations").mkdir(exist_ok=True)
            xml = "<annotation><object><name>cat</name></object></annotation>"
            (root / "Annotations" / f"{name}.xml").write_text(xml)
        (root / "ImageSets" / "Segmentation").mkdir(parents=True)
        for split, content in (("train", train), ("val", "b\n")):
            (root / "ImageSets" / "Segmentation" / f"{split}.txt").write_text(content)

    return make


def odd(root: Path) -> None:
    """Strange images that are good, but for one: names, sizes, contents, a link that leads back, a byte order mark."""
    rows = ["image,labels,split"]
    for name, pixels, labels, split in (
        ("my cat (1).png", NOISE, "cat", "train"),
        ("chât 猫.png", NOISE, "cat;dog", "train"),
        ("sub/deep/a.jpg", NOISE, "dog", "train"),
        ("pixel.png", NOISE[:1, :1], "cat", "train"),
        ("line.png", NOISE[:1], "cat", "train"),
        ("black.png", 0 * NOISE, "dog", "train"),
        ("nothing.png", NOISE, "", "train"),
        ("v.png", NOISE, "cat", "val"),
    ):
        put(root / "images" / name, pixels)
        rows.append(f"{name},{labels},{split}")
    cut(root / "images" / "cut.png")
    rows.append("cut.png,cat,train")
    (root / "images" / "loop").symlink_to(".")
    (root / "labels.csv").write_text("\ufeff" + "\n".join(rows) + "\n", encoding="utf-8")


def newer_run(root: Path) -> None:
    """A run of a version to come lies where this one would be written."""
    photos()(root)
    (root.parent / "out").mkdir()
    (root.parent / "out" / "run.yaml").write_text(yaml.safe_dump({"format": 99, "steps": {}}))


def newer_result(trial: Trial) -> Trial:
    """What was made is of a version to come."""
    manifest = trial.artifact("index_data").manifest_path
    write_json(manifest, {**read_json(manifest, dict), "format": 99})
    return trial


def moved_store(trial: Trial) -> Trial:
    """The store lies elsewhere."""
    trial.store.root.rename(trial.folder / "moved")
    return replace(trial, config={**trial.config, "store": str(trial.folder / "moved")})


def moved_data(trial: Trial) -> Trial:
    """The data set lies elsewhere."""
    moved = trial.root.rename(trial.folder / "photos, moved")
    config = deepcopy(dict(trial.config))
    config["pipeline"]["index_data"]["dataset"]["root"] = str(moved)
    return replace(trial, config=config)


@contextmanager
def no_room(name: str, *, after: int = 0, number: int = errno.ENOSPC) -> Iterator[None]:
    """From the file after the first `after` of a name on, the system says that nothing can be written."""
    replace, written = Path.replace, count()

    def refuse(self: Path, target: Path) -> Path:
        if fnmatch(Path(target).name, name) and next(written) >= after:
            raise OSError(number, "the system says no")
        return replace(self, target)

    with patch.object(Path, "replace", refuse):
        yield


@contextmanager
def lost_images() -> Iterator[None]:
    """Images are gone by the time that a training reads them."""

    def read(path: Path, *, white: int) -> NDArray[Any]:
        return read_image(path.with_name("gone.png"), white=white)

    with patch.object(index, "read_image", read):
        yield


@contextmanager
def nan_from(step: int) -> Iterator[None]:
    """From a step on, counted from 0, the classifier's loss is not a number."""
    steps, loss = count(), classifier.soft_margin

    def soft_margin(logits: Tensor, present: Tensor) -> Tensor:
        return loss(logits, present) * (float("nan") if next(steps) >= step else 1.0)

    with patch.object(classifier, "soft_margin", soft_margin):
        yield
