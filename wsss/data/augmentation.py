"""Steps of augmentation, by albumentations and OpenCV, which take a second to import: transforms ask for them late."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from wsss.labels import IGNORE

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # or its import asks PyPI whether there is a newer version

import albumentations
import cv2


def random_long_side(low: int, high: int) -> Any:
    """Resize to a long side of `low` to `high` pixels: bicubic to a larger one, the area's mean to a smaller one."""
    return albumentations.LongestMaxSize(
        max_size=list(range(low, high + 1)), interpolation=cv2.INTER_CUBIC, area_for_downscale="image"
    )


def random_scale(*ranges: tuple[float, float]) -> Any:
    """Resize by a factor out of one of some ranges, as `random_long_side` does; masks take the nearest pixel."""
    each = [
        albumentations.RandomScale(
            scale_limit=(low - 1, high - 1),
            interpolation=cv2.INTER_CUBIC,
            mask_interpolation=cv2.INTER_NEAREST_EXACT,
            area_for_downscale="image",
            p=1,
        )
        for low, high in ranges
    ]
    return each[0] if len(each) == 1 else albumentations.OneOf(each, p=1)


def random_flip(probability: float) -> Any:
    """Mirror left and right."""
    return albumentations.HorizontalFlip(p=probability)


def random_crop(side: int, *, fill: tuple[int, int, int], at_end: bool = False) -> Any:
    """Cut a square out, or pad to it with `fill` and, in masks, label 255: around the image, or right and below."""
    return albumentations.RandomCrop(
        height=side,
        width=side,
        pad_if_needed=True,
        pad_position="top_left" if at_end else "random",
        fill=fill,
        fill_mask=IGNORE,
    )


def random_colours(jitter: float) -> Any:
    """Change brightness, contrast and saturation by up to a share, and hue by a third of it."""
    around_one, around_zero = (1 - jitter, 1 + jitter), (-jitter / 3, jitter / 3)
    return albumentations.ColorJitter(
        brightness=around_one, contrast=around_one, saturation=around_one, hue=around_zero, p=1
    )


def augmented(
    steps: Sequence[Any], *, key: int, **arrays: UInt8[np.ndarray, "h w ..."]
) -> dict[str, UInt8[np.ndarray, "y x ..."]]:
    """Return an image, and its mask if given, after all steps, which draw from the key alone."""
    seen = albumentations.Compose(steps, seed=key)(**arrays)
    return {name: np.ascontiguousarray(seen[name]) for name in arrays}
