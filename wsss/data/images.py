"""Read images as a viewer shows them and masks as mask ids; a file that cannot be read is named with its remedy."""

from pathlib import Path
from posixpath import splitext
from typing import Final

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import ExifTags, Image

from wsss.data.archives import names_below
from wsss.data.depth import GREY, WHITE, eight_bits, is_deep, raw_mode
from wsss.data.mask_colours import labels_of_colours
from wsss.data.opened import UNREADABLE, opened
from wsss.data.profiles import in_srgb
from wsss.errors import FileError
from wsss.places import Place
from wsss.size import Size

IMAGE_SUFFIXES: Final = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".jfi",
        ".png",
        ".webp",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".jp2",
        ".avif",
    )
)
"""What counts as an image when a folder is listed, in lower case."""

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns each EXIF orientation upright; 1 is upright (EXIF 2.32, tag 0x0112)."""
_SIDEWAYS: Final = (5, 6, 7, 8)
"""The orientations that swap height and width."""

_PAPER: Final = (255, 255, 255)
"""Transparent pixels show this colour, as on a white page."""
_PACKED: Final = {"L;2": 85, "L;4": 17}
"""Pillow stretches the values of grey PNGs of 2 and 4 bits by these factors."""


def read_image(path: Place, *, white: int = WHITE) -> UInt8[np.ndarray, "h w 3"]:
    """Return the sRGB pixels of an image as a viewer shows it.

    It is turned by EXIF, converted from its colour profile, laid over white where it is transparent, and has 8 bits of
    16; of several frames it is the first. The array is contiguous and writable.

    Args:
        path: The file.
        white: The value of an image of 16 bits that is read as white.

    Raises:
        DataError: The file is missing, empty, cut off or not an image.
    """
    with opened(path) as image:
        turn = _turn(image)
        shown = _without_transparency(in_srgb(_eight_bits(image, path, white=white))).convert("RGB")
        return np.array(shown if turn is None else shown.transpose(turn))


def reduced(pixels: UInt8[np.ndarray, "h w 3"], long_side: int | None) -> UInt8[np.ndarray, "small_h small_w 3"]:
    """Return an image at `Size.within(long_side)`: bicubic with anti-aliasing, and itself where it is no larger."""
    return _resized(pixels, long_side, Image.Resampling.BICUBIC)


def reduced_mask(labels: UInt8[np.ndarray, "h w"], long_side: int | None) -> UInt8[np.ndarray, "small_h small_w"]:
    """Return a mask as `reduced` returns its image: each pixel has the label at its centre."""
    return _resized(labels, long_side, Image.Resampling.NEAREST)


def _resized(pixels: NDArray[np.uint8], long_side: int | None, how: Image.Resampling) -> NDArray[np.uint8]:
    size = Size(height=pixels.shape[0], width=pixels.shape[1])
    small = size.within(long_side)
    return pixels if small == size else np.array(Image.fromarray(pixels).resize((small.width, small.height), how))


def read_size(path: Place) -> Size:
    """Return the size of what `read_image` would return, from the header alone; raises `DataError` as that does."""
    with opened(path) as image:
        return _shown_size(image)


def sideways(path: Place) -> int | None:
    """Return the EXIF orientation that swaps an image's height and width, None where none does."""
    with opened(path) as image:
        orientation = _orientation(image)
        return orientation if orientation in _SIDEWAYS else None


def check_image(path: Place) -> Size:
    """Return the size as `read_size` does, after all of the file was decoded; raises `DataError` as `read_image` does.

    JPEGs are decoded to the last byte, but at an eighth of their size, which takes a fraction of the time.
    """
    with opened(path) as image:
        size = _shown_size(image)
        if image.format in ("JPEG", "MPO"):
            image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
        _eight_bits(image, path).load()
        return size


def read_mask(path: Place) -> UInt8[np.ndarray, "h w"]:
    """Return the mask ids of a mask: indices of a palette PNG, values of a grey one, VOC's colours of an RGB(A) one.

    Raises `DataError` where `read_image` does, for other colours than VOC's, for values above 255 and for JPEGs, whose
    compression changes ids.
    """
    with opened(path) as image:
        if image.format in ("JPEG", "MPO"):
            raise FileError(path, "is a JPEG, which blurs mask ids: draw masks as palette or grey PNGs")
        turn, factor = _turn(image), _PACKED.get(raw_mode(image), 1)
        mask = _mask_ids(image if turn is None else image.transpose(turn), path) // factor
    if mask.max() > 255:
        raise FileError(path, f"holds the value {mask.max()}: mask ids are 0 .. 255, as in an 8-bit PNG")
    return np.array(mask, dtype=np.uint8, order="C")


def find_images(folder: Path) -> tuple[str, ...]:
    """Return the images below a folder or an archive as sorted POSIX paths relative to it, hidden ones left out."""
    return find_files(folder)[0]


def find_files(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the images below a folder as `find_images` does, and all other files likewise."""
    paths = sorted(names_below(folder))
    images = [path for path in paths if splitext(path)[1].lower() in IMAGE_SUFFIXES]
    return tuple(images), tuple(sorted({*paths} - {*images}))


def _shown_size(image: Image.Image) -> Size:
    width, height = image.size
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    return Size(height=height, width=width)


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return what turns the image upright, None for nothing."""
    return _TURNS.get(_orientation(image))


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; a broken EXIF block turns nothing, as in viewers."""
    if image.format == "TIFF":  # Pillow turns TIFFs itself
        return 1
    if image.format == "PNG" and not image.info.keys() & {"exif", "Raw profile type exif"}:
        return 1  # Pillow would decode the whole image to look for a late EXIF block
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (*UNREADABLE, TypeError):
        return 1


def _eight_bits(image: Image.Image, path: Place, *, white: int = WHITE) -> Image.Image:
    if image.mode == "F":
        raise FileError(path, "has pixels without a range (32-bit floats): save it with 8 or 16 bits a pixel")
    if not is_deep(image):
        return image
    return eight_bits(image, path, white=white)


def _without_transparency(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, _PAPER), image)


def _mask_ids(image: Image.Image, path: Place) -> NDArray[np.integer]:
    match image.mode:
        case "P" | "L":
            return np.asarray(image)
        case "1":
            return np.asarray(image).astype(np.uint8)
        case mode if mode in GREY:
            return np.asarray(image)
        case "RGB" | "RGBA":
            return labels_of_colours(np.asarray(image)[..., :3], path)
        case mode:
            raise FileError(path, f"is an image of mode {mode}: draw masks as palette or grey PNGs, a value a label")
