"""What `wsss predict` leaves: masks, overlays, and one table of what every image shows."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from wsss.apps.predict.predictor import Prediction, Predictor
from wsss.draw.legend import with_legend
from wsss.draw.numbers import percent
from wsss.draw.overlay import Picture
from wsss.draw.sheet import MaskPanel, shrunk
from wsss.errors import DataError
from wsss.labels import BACKGROUND, label_names, palette
from wsss.store.files import MASK, read_json, whole, write_json, write_mask

TABLE: Final = "predictions.json"
MASKS: Final = "masks"
OVERLAYS: Final = "overlays"
PICTURE: Final = ".jpg"
OVERLAY_SIDE: Final = 2000
"""Pixels of an overlay's longer side at most: it is for looking at, the mask has every pixel."""
QUALITY: Final = 90

DECISIVE: Final = ("fingerprint", "tile", "root")
"""Keys of a table's head of which each may change what is predicted, or of what."""

Row = dict[str, Any]
"""What the table says of one image."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """A folder of predictions: `masks/<name>.png`, `overlays/<name>.jpg` and `predictions.json`."""

    folder: Path

    @property
    def parts(self) -> tuple[Path, Path]:
        """The folders of masks and of overlays."""
        return self.folder / MASKS, self.folder / OVERLAYS

    def check(self) -> None:
        """Raise `DataError` where masks or overlays lie that somebody else made: they might be overwritten."""
        strange = [part.name for part in self.parts if part.exists()]
        if strange and not (self.folder / TABLE).exists():
            raise DataError(
                f"{self.folder} has a folder {strange[0]!r} but no {TABLE}, so it is no folder of predictions: "
                "choose another --out"
            )

    def earlier(self, head: Mapping[str, Any]) -> dict[str, Row]:
        """Return the rows of an earlier table by image, where it is of the same model and its files are there."""
        path = self.folder / TABLE
        table = read_json(path) if path.exists() else {}
        if any(table.get(key) != head[key] for key in DECISIVE):
            return {}
        return {row["image"]: row for row in table["images"] if self._is_current(row, root=Path(head["root"]))}

    def write(self, image: Picture, *, path: str, name: str, prediction: Prediction) -> Row:
        """Write the mask and the overlay of an image and return its row."""
        masks, overlays = self.parts
        mask, overlay = masks / f"{name}{MASK}", overlays / f"{name}{PICTURE}"
        for file in (mask, overlay):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_mask(mask, prediction.labels)
        with whole(overlay) as hidden:
            Image.fromarray(draw(image, prediction)).save(hidden, format="JPEG", quality=QUALITY)
        height, width = prediction.labels.shape
        return {
            "image": path,
            "mask": mask.relative_to(self.folder).as_posix(),
            "overlay": overlay.relative_to(self.folder).as_posix(),
            "width": width,
            "height": height,
            "confidence": prediction.mean_confidence,
            "classes": {name: asdict(area) for name, area in prediction.areas().items()},
        }

    def write_table(self, head: Mapping[str, Any], *, rows: Iterable[Row], failed: Mapping[str, str]) -> Row:
        """Write and return the table; `failed` maps images that could not be read to the reason."""
        self.folder.mkdir(parents=True, exist_ok=True)
        table = {**head, "images": list(rows), "failed": dict(failed)}
        write_json(self.folder / TABLE, table)
        return table

    def _is_current(self, row: Row, *, root: Path) -> bool:
        """Whether the files of a row are there, and are younger than the image."""
        image, files = root / row["image"], [self.folder / row[key] for key in ("mask", "overlay")]
        if not all(file.is_file() for file in (image, *files)):
            return False
        return all(image.stat().st_mtime_ns <= file.stat().st_mtime_ns for file in files)


def head_of(predictor: Predictor, *, run: Path, root: Path) -> dict[str, Any]:
    """Return what a table says of all its images."""
    colours = palette()
    names = label_names(predictor.classes)
    return {
        "model": str(run.expanduser().resolve()),
        "fingerprint": predictor.fingerprint,
        "tile": predictor.tiles.side,
        "root": str(root),
        "labels": [{"label": i, "name": name, "colour": f"#{bytes(colours[i]).hex()}"} for i, name in enumerate(names)],
    }


def draw(image: Picture, prediction: Prediction) -> UInt8[np.ndarray, "y x 3"]:
    """Return the mask over the image, at most `OVERLAY_SIDE` pixels long, above the names of what it shows."""
    drawn = MaskPanel(title="overlay", labels=prediction.labels).draw(shrunk(image, side=OVERLAY_SIDE))
    colours = palette()
    names = label_names(prediction.classes)
    areas = prediction.areas()
    entries = [
        (colours[label], f"{name} {percent(areas[name].fraction)} %")
        for label, name in enumerate(names)
        if label != BACKGROUND and name in areas
    ]
    return with_legend(drawn, entries)
