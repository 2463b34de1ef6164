"""A data set of toy scenes, drawn when it is indexed: for first steps, tests and a look at the whole pipeline."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
from PIL import Image

from wsss.data.drawing import save_labels
from wsss.data.layouts.base import Layout
from wsss.data.layouts.toy_marker import draw_marker
from wsss.data.layouts.toy_scenes import TOY_CLASSES, draw_scene
from wsss.data.listing import Entry, Listing
from wsss.errors import ConfigError, one_of
from wsss.labels import BACKGROUND, IGNORE, class_of

SMALLEST: Final = 32
"""Below this size, in pixels, patterns cannot be told apart."""


@final
@dataclass(frozen=True, kw_only=True)
class Toy(Layout):
    """Bees, ladybirds, snails and turtles in `train` and `val`. An image depends on `random_seed` and its number."""

    train: int
    """Images to train on."""
    val: int
    """Images to validate on."""
    size: int = 128
    """Longer side of the images in pixels."""
    random_seed: int = 0
    marker: str | None = None
    """A class that a disc in a corner gives away, in most of its images and few others; see `draw_marker`."""

    def __post_init__(self) -> None:
        """Refuse numbers with which nothing can be drawn, and a marker of no class."""
        super().__post_init__()
        lowest = {"train": 1, "val": 1, "size": SMALLEST, "random_seed": 0}
        given = {"train": self.train, "val": self.val, "size": self.size, "random_seed": self.random_seed}
        problems = [
            f"dataset.{k}: {given[k]} is too small; use {low} or more" for k, low in lowest.items() if given[k] < low
        ]
        if self.marker is not None and self.marker not in TOY_CLASSES:
            problems.append(f"dataset.marker: there is no class {self.marker!r}; there are: {one_of(TOY_CLASSES)}")
        if problems:
            raise ConfigError(problems)

    def home(self) -> Path:
        """Images lie where the index is written."""
        return Path()

    def sources(self) -> tuple[Path, ...]:
        """There is nothing on disk beforehand."""
        return ()

    def listing(self, into: Path) -> Listing:
        """Draw the images and masks below `into`, and list them."""
        (into / "images").mkdir(parents=True, exist_ok=True)
        drawn = {
            split: [self._draw(f"{split}_{number:04d}", number, stream, into) for number in range(count)[: self.limit]]
            for stream, (split, count) in enumerate({"train": self.train, "val": self.val}.items())
        }
        return Listing(
            root=into,
            classes=TOY_CLASSES,
            entries=tuple(entry for entries in drawn.values() for entry in entries),
            splits={split: tuple(entry.id for entry in entries) for split, entries in drawn.items()},
        )

    def _draw(self, image_id: str, number: int, stream: int, into: Path) -> Entry:
        scene = draw_scene(number, size=self.size, random_seed=self.random_seed, stream=stream)
        if self.marker is not None:
            cls = TOY_CLASSES.index(self.marker)
            scene = draw_marker(scene, number, cls=cls, random_seed=self.random_seed, stream=stream)
        image, mask = f"images/{image_id}.png", f"masks/{image_id}.png"
        Image.fromarray(scene.image).save(into / image)
        save_labels(scene.mask, into / mask)
        labels = set(np.unique(scene.mask).tolist()) - {BACKGROUND, IGNORE}
        names = tuple(TOY_CLASSES[class_of(label)] for label in sorted(labels))
        return Entry(id=image_id, image=image, names=names, source="drawn by code", mask=mask)
