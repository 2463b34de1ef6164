"""One look at every image: what the network says of it, a sample of its background's cells, and how bright it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch.nn import functional

from wsss.apps.debug.network import Picture, at, touched
from wsss.apps.debug.subject import ON_OBJECT, Subject
from wsss.data.index import Record
from wsss.draw.overlay import LUMA
from wsss.engine.progress import bar
from wsss.engine.threads import in_threads
from wsss.labels import BACKGROUND

MOST_CELLS: Final = 50_000
"""Cells of all images that are kept."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """Values of n images, in the order of `records`; `splits` says which split each is of."""

    records: tuple[Record, ...]
    splits: tuple[str, ...]
    tags: Bool[np.ndarray, "n c"]
    probabilities: Float[np.ndarray, "n c"]
    embeddings: Float[np.ndarray, "n d"]
    """Means of the last maps."""
    cells: Float[np.ndarray, "m d"]
    """Cells of the background: outside of every mask, or of the maps of all tagged classes."""
    places: Int64[np.ndarray, "m 3"]
    """Image, row and column of each."""
    grids: Int64[np.ndarray, "n 2"]
    """Rows and columns of cells of each image."""
    light: Float[np.ndarray, "n 3"]
    """Mean and deviation of the grey values in [0, 1], and the variance of their Laplacian, which blur makes small."""

    def of(self, splits: Sequence[str]) -> Int64[np.ndarray, " k"]:
        """Return the places of the images of some splits."""
        return np.flatnonzero([split in splits for split in self.splits])


def survey(subject: Subject, splits: Sequence[str], *, random_seed: int = 0) -> Survey:
    """Look at all images of some splits, each once."""
    pairs = list({record.id: (record, split) for split in splits for record in subject.index.split(split)}.values())
    most = max(4, MOST_CELLS // len(pairs))
    tags = np.zeros((len(pairs), len(subject.classes)), dtype=np.bool_)
    said, means, cells, places, grids, light = [], [], [], [], [], []
    with bar("look", total=len(pairs), unit="images") as advance:
        images = in_threads(lambda pair: subject.index.pixels(pair[0]), pairs)
        for i, ((record, split), image) in enumerate(zip(pairs, images, strict=True)):
            tags[i, list(record.classes)] = True
            seen = subject.network.seen(image)
            answer = subject.network.answer(seen)
            grid = answer.cells.shape[1:]
            outside = np.argwhere(~_on_objects(subject, record, split=split, seen=seen, grid=grid))
            kept = np.random.default_rng([random_seed, i]).permutation(len(outside))[:most]
            outside = outside[np.sort(kept)]
            said.append(answer.probabilities)
            means.append(answer.cells.mean(axis=(1, 2)))
            cells.append(answer.cells[:, outside[:, 0], outside[:, 1]].T.astype(np.float32))
            places.append(np.column_stack([np.full(len(outside), i), outside]).astype(np.int64))
            grids.append(grid)
            light.append(light_of(image))
            advance()
    return Survey(
        records=tuple(record for record, _ in pairs),
        splits=tuple(split for _, split in pairs),
        tags=tags,
        probabilities=np.stack(said),
        embeddings=np.stack(means),
        cells=np.concatenate(cells),
        places=np.concatenate(places),
        grids=np.array(grids, dtype=np.int64),
        light=np.array(light),
    )


def light_of(image: Picture) -> tuple[float, float, float]:
    """Return mean and deviation of an image's grey values in [0, 1], and the variance of their Laplacian.

    >>> light_of(np.full((4, 4, 3), 51, dtype=np.uint8))
    (0.2, 0.0, 0.0)
    """
    grey = image.astype(np.float64) @ np.array(LUMA) / 255
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    sharp = float(laplacian.var()) if laplacian.size else 0.0
    return round(float(grey.mean()), 9), round(float(grey.std()), 9), round(sharp, 12)


def _on_objects(
    subject: Subject, record: Record, *, split: str, seen: torch.Tensor, grid: Sequence[int]
) -> Bool[np.ndarray, "y x"]:
    """Tell which cells an object touches, or their neighbours: by the truth, by the run's mask, or by maps."""
    height, width = seen.shape[-2:]
    labels = subject.truth(record)
    labels = subject.own(record, split=split) if labels is None else labels
    region = torch.zeros(height, width, dtype=torch.bool)
    if labels is not None:
        region |= torch.from_numpy(at(labels, height=height, width=width) != BACKGROUND)
    else:
        for cls in record.classes:
            region |= subject.network.heat(seen, cls) > ON_OBJECT
    cells = torch.from_numpy(touched(region, grid=(int(grid[0]), int(grid[1]))))
    # A cell beside the object has seen it as well.
    return (functional.max_pool2d(cells[None].float(), 3, stride=1, padding=1)[0] > 0).numpy()
