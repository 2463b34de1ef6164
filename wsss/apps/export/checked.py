"""Comparison of an exported graph with its network, on images of the run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray

from wsss.apps.export.graphs import Exported, SegmenterGraph
from wsss.data.index import Record
from wsss.errors import ModelError

MOST_PIXELS: Final = 0.001
"""The share of pixels that may get another label: ties and last bits differ."""
MOST_APART: Final = 1e-3
"""How far logits may lie apart, as a share of the largest."""


@final
@dataclass(frozen=True, kw_only=True)
class Check:
    """What a comparison found."""

    images: int
    pixels: float
    """The share of pixels with another label; 0 where none are labelled."""
    apart: float
    """The largest difference of confidences, or of logits and maps."""


def compared(made: Exported, ask: Callable[[NDArray[np.uint8]], Sequence[NDArray[Any]]], *, images: int) -> Check:
    """Ask a file and the network about some images of the run, each at its own size.

    Raises `ModelError` where more than 0.1 % of the pixels have another label, or logits differ by more than 0.1 %.
    """
    records = _records(made, images)
    other, pixels, apart, largest = 0, 0, 0.0, 1.0
    for record in records:
        assert made.index is not None
        image = made.index.pixels(record)[None]
        with torch.no_grad():
            expected = [each.numpy() for each in made.graph(torch.from_numpy(image))]
        found = ask(image)
        if isinstance(made.graph, SegmenterGraph):
            other += int((expected[0] != found[0]).sum())
            pixels += expected[0].size
            apart = max(apart, float(np.abs(expected[1] - found[1]).max()))
        else:
            apart = max(apart, *(float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True)))
            largest = max(largest, *(float(np.abs(each).max()) for each in expected))
    check = Check(images=len(records), pixels=other / max(pixels, 1), apart=apart)
    if check.pixels > MOST_PIXELS:
        raise ModelError(
            f"the exported graph gives {check.pixels:.2%} of the pixels of {check.images} images another label than "
            "PyTorch: nothing is written"
        )
    if not isinstance(made.graph, SegmenterGraph) and apart > MOST_APART * largest:
        raise ModelError(
            f"the exported graph's logits and maps differ from PyTorch's by up to {apart:.2g}: nothing is written"
        )
    return check


def _records(made: Exported, images: int) -> Sequence[Record]:
    """Return images of the last split, which is the validation split where there is one."""
    assert made.index is not None
    split = "val" if "val" in made.index.splits else list(made.index.splits)[-1]
    return made.index.union((split,))[:images]
