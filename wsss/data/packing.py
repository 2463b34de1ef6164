"""Bound the pixels that a file can hold by its length: a header may claim more, for which memory would be asked."""

from typing import Final

from PIL import Image

_MOST: Final = {
    "PNG": 1032,
    "tiff_deflate": 1032,
    "tiff_adobe_deflate": 1032,
    "tiff_lzw": 2731,
    "packbits": 64,
}
"""Bytes that a byte can become: DEFLATE says 258 in two bits, LZW up to 4096 in twelve, PackBits 128 in two bytes."""
_BITS: Final = {"LA": 16, "I;16": 16, "I;16B": 16, "RGB": 24, "RGBA": 32, "RGBX": 32, "CMYK": 32}
"""Bits of a pixel, by Pillow's mode; at least one in all others."""
_BLOCKS: Final = 8 * 64
"""Pixels that a byte of a JPEG can become: every block of 8 x 8 takes a bit."""


def can_hold(image: Image.Image, *, length: int) -> bool:
    """Return whether a file of so many bytes can hold the pixels that its header claims.

    Formats without such a bound always can: a plane of one colour is a few bytes of WebP or AVIF.
    """
    pixels = image.width * image.height
    packing = image.info.get("compression") if image.format == "TIFF" else image.format
    if packing in ("JPEG", "MPO", "jpeg"):
        return pixels <= _BLOCKS * length
    return packing not in _MOST or pixels * _BITS.get(image.mode, 1) <= 8 * _MOST[packing] * length
