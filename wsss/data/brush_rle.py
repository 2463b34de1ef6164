"""Masks as the brush strokes of Label Studio: run lengths of RGBA bytes, packed bit by bit (thi.ng's rle-pack)."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray

from wsss.errors import DataError
from wsss.validation import reason

CHANNELS: Final = 4
WORD: Final = 8
"""Bits of a value."""
SIZES: Final = (3, 4, 8, 16)
"""Bits that the length of a run may have, less one."""
PAINTED: Final = 255


def brush_runs(mask: Bool[np.ndarray, "h w"]) -> list[int]:
    """Return the bytes of a mask, as `value.rle` holds them; all four channels of a painted pixel are 255."""
    flat = mask.ravel()
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1, [flat.size]])
    bits = [f"{flat.size * CHANNELS:032b}", f"{WORD - 1:05b}", *(f"{size - 1:04b}" for size in SIZES)]
    longest = 1 << SIZES[-1]
    for first, last in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        value = f"{PAINTED if flat[first] else 0:08b}"
        left = (last - first) * CHANNELS
        while left:
            run = min(left, longest)
            index = next(place for place, size in enumerate(SIZES) if run <= 1 << size)
            bits.append(f"1{index:02b}{run - 1:0{SIZES[index]}b}{value}")
            left -= run
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def brush_mask(runs: Sequence[int], *, height: int, width: int) -> Bool[np.ndarray, "h w"]:
    """Return what was painted; raises `DataError` where the bytes are not those of an image of this size."""
    size = height * width * CHANNELS
    try:
        values = _unpacked(np.array(runs, dtype=np.uint8), size)
    except (ValueError, OverflowError, IndexError) as error:
        raise DataError(
            f"the strokes are not those of {width} x {height} pixels ({reason(error)}): export again"
        ) from error
    return values.reshape(height, width, CHANNELS)[:, :, -1] > PAINTED // 2


def _unpacked(data: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    bits = "".join(map(str, np.unpackbits(data).tolist()))
    at = 0

    def number(length: int) -> int:
        nonlocal at
        at += length
        if at > len(bits):
            raise ValueError("they end too early")
        return int(bits[at - length : at], 2)

    if (count := number(32)) != size:
        raise ValueError(f"they are of {count} bytes")
    word = number(5) + 1
    sizes = [number(4) + 1 for _ in SIZES]
    values = np.zeros(size, dtype=np.uint8)
    place = 0
    while place < size:
        repeated = number(1)
        end = place + 1 + number(sizes[number(2)])
        if end > size:
            raise ValueError("a run is too long")
        if repeated:
            values[place:end] = number(word)
        else:
            values[place:end] = [number(word) for _ in range(place, end)]
        place = end
    return values
