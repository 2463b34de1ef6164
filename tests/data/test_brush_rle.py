"""Brush strokes of Label Studio, by bytes that its own converter wrote."""

import numpy as np
import pytest

from wsss.data.brush_rle import brush_mask, brush_runs
from wsss.errors import DataError

MASK = np.array([[0, 1, 1], [0, 0, 1]], dtype=bool)
RUNS = [0, 0, 0, 24, 57, 27, 252, 96, 19, 255, 206, 1, 31, 248]
"""MASK by `encode_rle` of label-studio-converter 0.0.59."""


def test_bytes_are_those_of_label_studio():
    assert brush_runs(MASK) == RUNS
    assert (brush_mask(RUNS, height=2, width=3) == MASK).all()


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (40, 60), (1, 50_000)])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_a_mask_comes_back(size: tuple[int, int], share: float):
    mask = np.random.default_rng(0).random(size) < share
    assert (brush_mask(brush_runs(mask), height=size[0], width=size[1]) == mask).all()


@pytest.mark.parametrize(("opacity", "painted"), [(0, False), (127, False), (128, True), (255, True)])
def test_values_that_are_not_repeated_are_read(opacity: int, painted: bool):
    # 4 values, words of 8 bits, sizes of 3, 4, 8 and 16 bits; one run of 4 values as they are.
    head = f"{4:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    bits = f"{head}000{3:03b}{0:08b}{0:08b}{0:08b}{opacity:08b}"
    bits += "0" * (-len(bits) % 8)
    runs = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    assert brush_mask(runs, height=1, width=1).tolist() == [[painted]]


@pytest.mark.parametrize(
    "runs", [[], RUNS[:-3], RUNS[:4], [0, 0, 0, 28, *RUNS[4:]], [256], [-1], [*RUNS[:6], 255, 255, 255, 255]]
)
def test_what_is_not_of_the_size_is_refused(runs: list[int]):
    with pytest.raises(DataError, match="the strokes are not those of 3 x 2 pixels"):
        brush_mask(runs, height=2, width=3)
