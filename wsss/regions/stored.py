"""Regions that another tool wrote, such as SAM's masks of everything."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from wsss.data.coco_rle import coco_mask
from wsss.data.images import find_images, read_mask
from wsss.errors import DataError, one_of
from wsss.paths import inside, open_regular
from wsss.regions.base import Find, Layers, RegionFinder
from wsss.regions.layers import layered

KEY: Final = "regions.stored.folder"
LARGEST: Final = 500_000_000
"""Bytes that are read of a file: SA-1B's largest have 10 MB."""
MOST_MASKS: Final = 10_000
"""That are read of a file."""


@final
@dataclass(frozen=True, kw_only=True)
class StoredRegions(RegionFinder):
    """Masks in a folder, for each image as `<id>.json` or as a folder `<id>` of PNGs.

    The JSON is a list of masks, or an object with one under `annotations`, as `SamAutomaticMaskGenerator` (with
    `output_mode="coco_rle"`) and SA-1B write it: each has a `segmentation` with `size` and `counts`. In a PNG all
    pixels above 0 are the mask.
    """

    folder: Path

    def content(self) -> dict[str, tuple[Path, ...]]:
        """The masks count by their bytes. Raises `DataError` where there is no such folder."""
        folder = self.folder.expanduser().absolute()
        if not folder.is_dir():
            raise DataError(f"{KEY}: there is no folder {folder}: name the one that holds <id>.json or <id>/<mask>.png")
        return {"folder": (folder,)}

    def check(self) -> None:
        """Refuse a folder that is not there."""
        self.content()

    def check_images(self, ids: list[str]) -> None:
        """Refuse a folder that has nothing on some images."""
        if missing := [i for i in ids if not (self._json(i).is_file() or self._folder(i).is_dir())]:
            raise DataError(
                f"{KEY}: {self.folder} holds neither a .json nor a folder of {one_of(missing)} "
                f"({len(missing)} of {len(ids)} images): write masks of all images"
            )

    def open(self, device: torch.device) -> Find:
        """Load nothing."""
        return self.find

    def find(self, image_id: str, image: UInt8[np.ndarray, "h w 3"]) -> Layers:
        """Read the regions of an image; raises `DataError` for a file that holds none of an image of this size."""
        height, width = image.shape[:2]
        masks = self._from_json if self._json(image_id).is_file() else self._from_folder
        return layered(masks(image_id, (height, width)), height=height, width=width)

    def _json(self, image_id: str) -> Path:
        return inside(self.folder.expanduser(), f"{image_id}.json", links=True)

    def _folder(self, image_id: str) -> Path:
        return inside(self.folder.expanduser(), image_id, links=True)

    def _from_folder(self, image_id: str, size: tuple[int, int]) -> Iterator[Bool[np.ndarray, "h w"]]:
        folder = self._folder(image_id)
        for name in find_images(folder):
            mask = read_mask(folder / name) > 0
            _check_size(mask.shape, size, path=folder / name)
            yield mask

    def _from_json(self, image_id: str, size: tuple[int, int]) -> Iterator[Bool[np.ndarray, "h w"]]:
        path = self._json(image_id)
        try:
            with open_regular(path) as file:
                record = json.loads(file.read(LARGEST))
            listed = (record["annotations"] if isinstance(record, dict) else record)[:MOST_MASKS]
            pairs = [(_size(mask["segmentation"]), mask["segmentation"]["counts"]) for mask in listed]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise DataError(_not_masks(path, error)) from error
        for found, counts in pairs:
            _check_size(found, size, path=path)  # before as many pixels are made as the file claims
            try:
                yield _decoded(counts, *size)
            except (ValueError, TypeError, DataError) as error:
                raise DataError(_not_masks(path, error)) from error


def _size(segmentation: Any) -> tuple[int, ...]:
    return tuple(map(int, segmentation["size"]))


def _check_size(found: tuple[int, ...], size: tuple[int, int], *, path: Path) -> None:
    if found != size:
        seen, shown = (" x ".join(map(str, reversed(each))) for each in (found, size))
        raise DataError(f"{path} holds a mask of {seen} pixels, and the image has {shown} here")


def _not_masks(path: Path, error: Exception) -> str:
    remedy = "write it as SamAutomaticMaskGenerator does with output_mode='coco_rle'"
    return f"{path} is not a list of masks as run lengths ({error!r}): {remedy}"


def _decoded(counts: Any, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return the mask of run lengths, compressed or not; raises `DataError`, `TypeError` or `ValueError`."""
    if isinstance(counts, str):
        return coco_mask(counts, height=height, width=width)
    runs = np.asarray(counts, dtype=np.int64)
    if runs.ndim != 1 or (runs < 0).any() or runs.sum() != height * width:
        raise ValueError(f"run lengths of {int(runs.sum())} pixels where there are {height * width}")
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape((height, width), order="F")
