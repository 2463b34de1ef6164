"""A data set with planted mistakes: drawn scenes as a folder of photographs, some twice, with flipped tags."""

import csv
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from wsss.apps.audit import Audited, audit
from wsss.config.build import TARGET
from wsss.data.layouts.toy import Toy

IMAGES, VAL, SIDE = 70, 20, 128
FLIPPED = 6
"""Images whose tags are another image's."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A folder, the mistakes that were planted there, and its audit."""

    root: Path
    store: Path
    missing: frozenset[tuple[str, str]]
    """Images and classes whose tag was taken away."""
    false: frozenset[tuple[str, str]]
    copies: dict[str, tuple[str, str]]
    """Copy by copy: its original, and how it was made."""

    @property
    def dataset(self) -> dict[str, object]:
        """The layout as a config's node."""
        return {TARGET: "wsss.data.layouts.folder.Folder", "root": str(self.root), "masks": None}

    @cached_property
    def audited(self) -> Audited:
        """Its audit with the packaged network."""
        network = {TARGET: "wsss.models.classifier.ClassifierOptions", "output_stride": 32}
        runtime = {TARGET: "wsss.engine.stage.Runtime", "device": "cpu"}
        return audit(self.dataset, network, store=self.store, runtime=runtime)


def made(folder: Path) -> Example:
    """Draw the folder, and fill the store by an audit."""
    root = folder / "photographs"
    (root / "images").mkdir(parents=True)
    tags, splits = _drawn(root)
    draw = np.random.default_rng(0)
    names = sorted({name for own in tags.values() for name in own})
    chosen = draw.permutation([image for image in sorted(tags) if 0 < len(tags[image]) < len(names)])
    missing, false = set(), set()
    for image in chosen[:FLIPPED]:
        gone = sorted(tags[image])[0]
        tags[image].discard(gone)
        missing.add((str(image), gone))
    for image in chosen[FLIPPED : 2 * FLIPPED]:
        added = next(name for name in names if name not in tags[image])
        tags[image].add(added)
        false.add((str(image), added))
    copies = _copied(root, [str(image) for image in chosen[2 * FLIPPED :]], tags, splits)
    with (root / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "labels", "split"])
        writer.writerows([f"{image}.png", ";".join(sorted(own)), splits[image]] for image, own in tags.items())
    example = Example(
        root=root, store=folder / "store", missing=frozenset(missing), false=frozenset(false), copies=copies
    )
    _ = replace(example).audited  # a copy's, so that the example is pickled without it
    return example


def _drawn(root: Path) -> tuple[dict[str, set[str]], dict[str, str]]:
    with TemporaryDirectory() as folder:
        listing = Toy(train=IMAGES - VAL, val=VAL, size=SIDE).listing(Path(folder))
        for entry in listing.entries:
            shutil.copy(Path(folder, entry.image), root / "images" / f"{entry.id}.png")
    splits = {i: split for split, ids in listing.splits.items() for i in ids}
    return {entry.id: set(entry.names) for entry in listing.entries}, splits


def _copied(
    root: Path, originals: list[str], tags: dict[str, set[str]], splits: dict[str, str]
) -> dict[str, tuple[str, str]]:
    copies = {}
    train = [image for image in originals if splits[image] == "train"]
    for number, (original, way) in enumerate(zip(train, ("mirrored", "cropped", "recompressed", "same"), strict=False)):
        picture = Image.open(root / "images" / f"{original}.png")
        name = f"copy_{number}"
        _as(way, picture).save(root / "images" / f"{name}.png")
        tags[name], splits[name] = set(tags[original]), "val" if way == "mirrored" else "train"
        copies[name] = (original, way)
    return copies


def _as(way: str, picture: Image.Image) -> Image.Image:
    width, height = picture.size
    if way == "mirrored":
        return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if way == "cropped":
        return picture.crop((width // 20, height // 20, width - width // 20, height - height // 20))
    return picture.resize((2 * width // 3, 2 * height // 3)) if way == "recompressed" else picture
