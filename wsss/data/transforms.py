"""Augmentation: what training sees of an image is a function of the image and of one integer, the key.

The pipelines are albumentations', built anew for every image with the key as their seed. That costs half a millisecond
and leaves no state behind: nothing that was drawn before, in this process or another, can change an image.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from wsss import data
from wsss.configurable import Configurable
from wsss.errors import ConfigError

ImageArray = UInt8[np.ndarray, "h w 3"]
Colour = tuple[int, int, int]
"""Red, green and blue in 0 .. 255."""
PIXEL_BYTES: Final = 3
LABEL_BYTES: Final = 1


@dataclass(frozen=True, kw_only=True)
class Transform(Configurable, ABC):
    """What becomes of an image before a network sees it."""

    @property
    @abstractmethod
    def item_bytes(self) -> int:
        """Bytes of an image in a batch as loaders make it, with those of its mask where it has one."""

    @abstractmethod
    def limited(self, *, side: int | None, augment: bool) -> "Transform":
        """Return the same at a side of so many pixels, if given, and without augmentation, if that is not wanted."""


@dataclass(frozen=True, kw_only=True)
class ClassifierTransform(Transform):
    """IRN's augmentation (Ahn et al., CVPR 2019): random size at the image's own aspect, flip, crop or padding.

    Every long side of the range is equally likely, and so is every place of the crop in a larger image and of a smaller
    image in the crop. Departures from IRN's code: OpenCV's bicubic where the image grows, but the area's average where
    it shrinks (IRN's Pillow antialiases, OpenCV's bicubic does not); and padding with `fill` before normalisation,
    where IRN pads with 0 after it. With the mean colour the padding is off by its rounding, at most 0.5 / 255 / std or
    0.009; in return all of this works on bytes, and knows nothing of a network's normalisation.
    """

    long_side: tuple[int, int] = (320, 640)
    """Range of the long side in pixels, both ends included."""
    crop: int = 512
    """Side of the square that comes out, in pixels."""
    flip: float = 0.5
    """Probability of a horizontal flip."""
    colour_jitter: float = 0.0
    """0 .. 1: brightness, contrast and saturation change by up to this share, hue by a third of it; 0.3 is PSA's."""

    def __post_init__(self) -> None:
        low, high = self.long_side
        _refuse(
            [] if 1 <= low <= high else [f"long_side: [{low}, {high}] is not a range of pixels: write [least, most]"],
            _common_problems(crop=self.crop, flip=self.flip, colour_jitter=self.colour_jitter),
        )

    @property
    def item_bytes(self) -> int:
        """See `Transform`."""
        return PIXEL_BYTES * self.crop**2

    def limited(self, *, side: int | None, augment: bool) -> "ClassifierTransform":
        """Scale the long sides with the crop; places of the crop stay random."""
        crop = self.crop if side is None else side
        low, high = (max(1, round(long_side * crop / self.crop)) for long_side in self.long_side)
        one = self if augment else replace(self, flip=0.0, colour_jitter=0.0)
        return replace(one, long_side=(low, high), crop=crop)

    def __call__(self, image: ImageArray, *, key: int, fill: Colour) -> UInt8[np.ndarray, "{self.crop} {self.crop} 3"]:
        """Return the image as seen with this key; what it does not cover has the colour `fill`."""
        steps = [data.augmentation.random_long_side(*self.long_side), *_common_steps(self, fill)]
        return data.augmentation.augmented(steps, key=key, image=image)["image"]


@dataclass(frozen=True, kw_only=True)
class SegmenterTransform(Transform):
    """Random scale, flip, and crop or padding of an image with its mask, as in IRN's second stage and in DeepLab.

    Masks are sampled at the nearest pixel's centre and padded with 255. Interpolation and padding of the image are as
    in `ClassifierTransform`; colours change in the image alone.
    """

    scale: tuple[float, float] = (0.5, 1.5)
    """Range of the factor that height and width are multiplied by, uniform; no side becomes less than a pixel."""
    scales: tuple[float, ...] = ()
    """Factors of which each is equally likely, in place of the range."""
    crop: int = 512
    """Side of the square that comes out, in pixels."""
    padding: Literal["around", "end"] = "around"
    """Where what an image does not cover lies: anywhere around it, or at its right and bottom (DeepLab)."""
    flip: float = 0.5
    """Probability of a horizontal flip."""
    colour_jitter: float = 0.0
    """0 .. 1, as in `ClassifierTransform`."""

    def __post_init__(self) -> None:
        low, high = self.scale
        _refuse(
            [] if 0 < low <= high else [f"scale: [{low}, {high}] is not a range of factors: write [least, most]"],
            [f"scales: {factor} is not a factor: write positive numbers" for factor in self.scales if not factor > 0],
            _common_problems(crop=self.crop, flip=self.flip, colour_jitter=self.colour_jitter),
        )

    @property
    def item_bytes(self) -> int:
        """See `Transform`."""
        return (PIXEL_BYTES + LABEL_BYTES) * self.crop**2

    def limited(self, *, side: int | None, augment: bool) -> "SegmenterTransform":
        """Crop less; without augmentation at one scale, at random places."""
        crop = self.crop if side is None else side
        one = self if augment else replace(self, scale=(1.0, 1.0), scales=(), flip=0.0, colour_jitter=0.0)
        return replace(one, crop=crop)

    def __call__(
        self, image: ImageArray, mask: UInt8[np.ndarray, "h w"], *, key: int, fill: Colour
    ) -> tuple[UInt8[np.ndarray, "{self.crop} {self.crop} 3"], UInt8[np.ndarray, "{self.crop} {self.crop}"]]:
        """Return image and mask as seen with this key; what they do not cover has the colour `fill` and label 255."""
        least = (1 + 1e-6) / min(mask.shape)  # a side keeps a pixel, however small the image is
        ranges = [(factor, factor) for factor in self.scales] or [self.scale]
        ranges = [(max(low, least), max(high, least)) for low, high in ranges]
        steps = [data.augmentation.random_scale(*ranges), *_common_steps(self, fill)]
        seen = data.augmentation.augmented(steps, key=key, image=image, mask=mask)
        return seen["image"], seen["mask"]


@dataclass(frozen=True, kw_only=True)
class EvalTransform(Transform):
    """The whole image, resized to a square whatever its aspect, so that images stack: for a classifier's scores only.

    IRN scores no classifier; CAMs are made from images at their own aspect and do not come through here.
    """

    size: int = 256
    """Side of the square in pixels."""

    def __post_init__(self) -> None:
        _refuse([] if self.size >= 1 else [f"size: {self.size} is not a number of pixels: use at least 1"])

    @property
    def item_bytes(self) -> int:
        """See `Transform`."""
        return PIXEL_BYTES * self.size**2

    def limited(self, *, side: int | None, augment: bool) -> "EvalTransform":
        """Resize to less."""
        del augment
        return self if side is None else replace(self, size=side)

    def __call__(self, image: ImageArray) -> UInt8[np.ndarray, "{self.size} {self.size} 3"]:
        """Return the resized image (Pillow's bicubic, antialiased on each axis by itself)."""
        return np.array(Image.fromarray(image).resize((self.size, self.size), Image.Resampling.BICUBIC))


def _common_problems(*, crop: int, flip: float, colour_jitter: float) -> list[str]:
    shares = {"flip": flip, "colour_jitter": colour_jitter}
    problems = [f"{name}: {share} is not in 0 .. 1" for name, share in shares.items() if not 0 <= share <= 1]
    return problems if crop >= 1 else [*problems, f"crop: {crop} is not a number of pixels: use at least 1"]


def _refuse(*problems: Sequence[str]) -> None:
    lines = [line for group in problems for line in group]
    if lines:
        raise ConfigError(lines)


def _common_steps(options: ClassifierTransform | SegmenterTransform, fill: Colour) -> list[Any]:
    """Return what follows the resizing; padding comes last, so that its colour is not jittered."""
    at_end = isinstance(options, SegmenterTransform) and options.padding == "end"
    crop = data.augmentation.random_crop(options.crop, fill=fill, at_end=at_end)
    flip = data.augmentation.random_flip(options.flip)
    if options.colour_jitter == 0:
        return [flip, crop]
    return [flip, data.augmentation.random_colours(options.colour_jitter), crop]
