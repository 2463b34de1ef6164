"""Colour profiles (ICC.1:2022) of images, from which pixels are converted to sRGB."""

import io
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms

PROFILE: Final = "icc_profile"
NEAR: Final = 3
"""Where a profile moves none of the colours that are tried further, of 255, it is taken for sRGB."""
TRIED: Final = 6
"""So many values of each channel are tried."""
KINDS: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Colour spaces of profiles by Pillow's modes of the pixels that they describe."""


def in_srgb(image: Image.Image) -> Image.Image:
    """Return an image in sRGB: converted where it has a profile of another space, and as it is otherwise.

    A profile that is broken, or that describes other channels than the image has, is ignored. Opacity stays.
    """
    conversion = conversion_of(image)
    if conversion is None:
        return image
    opaque = not image.has_transparency_data
    whole = image if opaque or image.mode == "LA" else image.convert("RGBA")
    colours = ImageCms.applyTransform(whole.convert(_mode(image)), conversion)
    assert colours is not None
    if not opaque:
        colours.putalpha(whole.getchannel("A"))
    return colours


def conversion_of(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """Return what turns an image's pixels into sRGB, None where nothing has to."""
    profile = image.info.get(PROFILE)
    return _conversion(profile, _mode(image))[0] if profile else None


def is_broken(image: Image.Image) -> bool:
    """Whether an image has a profile that cannot be used."""
    profile = image.info.get(PROFILE)
    return bool(profile) and _conversion(profile, _mode(image))[1]


def _mode(image: Image.Image) -> str:
    """Return the mode that a profile of the image has to describe."""
    return {"LA": "L", "1": "L", "L": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")


@lru_cache(maxsize=64)
def _conversion(profile: bytes, mode: str) -> tuple[ImageCms.ImageCmsTransform | None, bool]:
    """Return the conversion from a profile, None for none, and whether the profile is broken."""
    try:
        described = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if KINDS.get(described.profile.xcolor_space.strip()) != mode:
            return None, True
        conversion = ImageCms.buildTransform(described, ImageCms.createProfile("sRGB"), mode, "RGB")
        return (None if mode != "CMYK" and _is_srgb(conversion, mode) else conversion), False
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, True


def _is_srgb(conversion: ImageCms.ImageCmsTransform, mode: str) -> bool:
    steps = np.linspace(0, 255, TRIED).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    tried = Image.fromarray(grid if mode == "RGB" else np.arange(256, dtype=np.uint8)[None])
    turned = ImageCms.applyTransform(tried, conversion)
    assert turned is not None
    change = np.asarray(turned).astype(int) - np.asarray(tried.convert("RGB"))
    return int(np.abs(change).max()) <= NEAR
