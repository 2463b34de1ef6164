"""Read images as a viewer shows them and masks as mask ids; a file that cannot be read is named with its remedy."""

import errno
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from wsss.data.files_below import files_below
from wsss.data.mask_colours import labels_of_colours
from wsss.errors import DataError, FileError, OutsideError
from wsss.paths import NotRegularError, inside, open_regular
from wsss.size import Size

Image.MAX_IMAGE_PIXELS = None  # or Pillow warns from half of `MOST_PIXELS` on, on the screen and once for every image

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
MOST_PIXELS: Final = 178_956_970
"""Images with more pixels are refused: where Pillow takes a file for an attempt to fill the memory."""

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

_SIXTEEN_BIT: Final = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_PAPER: Final = (255, 255, 255)
"""Transparent pixels show this colour, as on a white page."""
_UNREADABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,
    EOFError,
    struct.error,
)
"""All that Pillow's decoders raise on damaged files: seen by cutting files off and changing bytes in ten formats."""
_COMPLAINTS: Final = {
    FileNotFoundError: "is not there: put it back, or take it out of the list that names it",
    NotADirectoryError: "is not there: put it back, or take it out of the list that names it",
    IsADirectoryError: "is a folder where a file is expected: name an image",
    PermissionError: "may not be read by you: change its permissions",
    NotRegularError: "is a pipe, a socket or a device where a file is expected: replace it by the image",
}


def read_image(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """Return the RGB pixels of an image as a viewer shows it: turned by EXIF, transparency over white, 16 bits as 8.

    Colour profiles are not applied: pixels are taken for sRGB. The array is contiguous and writable. Raises `DataError`
    for a file that is missing, empty, cut off or not an image.
    """
    with _opened(path) as image:
        turn = _turn(image)
        shown = _without_transparency(_eight_bits(image, path)).convert("RGB")
        return np.array(shown if turn is None else shown.transpose(turn))


def read_size(path: Path) -> Size:
    """Return the size of what `read_image` would return, from the header alone; raises `DataError` as that does."""
    with _opened(path) as image:
        return _shown_size(image)


def sixteen_bit_peak(path: Path) -> int | None:
    """Return the largest value of an image of 16 bits a pixel; None for any other image."""
    with _opened(path) as image:
        return int(np.asarray(image).max()) if image.mode in _SIXTEEN_BIT else None


def sideways(path: Path) -> int | None:
    """Return the EXIF orientation that swaps an image's height and width, None where none does."""
    with _opened(path) as image:
        orientation = _orientation(image)
        return orientation if orientation in _SIDEWAYS else None


def check_image(path: Path) -> Size:
    """Return the size as `read_size` does, after all of the file was decoded; raises `DataError` as `read_image` does.

    JPEGs are decoded to the last byte, but at an eighth of their size, which takes a fraction of the time.
    """
    with _opened(path) as image:
        size = _shown_size(image)
        if image.format in ("JPEG", "MPO"):
            image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
        _eight_bits(image, path).load()
        return size


def read_mask(path: Path) -> UInt8[np.ndarray, "h w"]:
    """Return the mask ids of a mask: indices of a palette PNG, values of a grey one, VOC's colours of an RGB(A) one.

    Raises `DataError` where `read_image` does, for other colours than VOC's, for values above 255 and for JPEGs, whose
    compression changes ids.
    """
    with _opened(path) as image:
        if image.format in ("JPEG", "MPO"):
            raise FileError(path, "is a JPEG, which blurs mask ids: draw masks as palette or grey PNGs")
        turn = _turn(image)
        mask = _mask_ids(image if turn is None else image.transpose(turn), path)
    if mask.max() > 255:
        raise FileError(path, f"holds the value {mask.max()}: mask ids are 0 .. 255, as in an 8-bit PNG")
    return np.array(mask, dtype=np.uint8, order="C")


def find_images(folder: Path) -> tuple[str, ...]:
    """Return the images in a folder and its sub-folders as sorted POSIX paths relative to it, hidden ones left out."""
    return find_files(folder)[0]


def find_files(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the images in a folder and its sub-folders as `find_images` does, and all other files likewise."""
    paths = sorted(path.relative_to(folder).as_posix() for path in files_below(folder))
    images = [path for path in paths if PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES]
    return tuple(images), tuple(sorted({*paths} - {*images}))


def place(root: Path, name: str) -> Path:
    """Return where an image or a mask lies that an index names; raises `FileError` for one outside of `root`."""
    try:
        return inside(root, name, links=True)
    except OutsideError as error:
        raise FileError(name, f"lies outside of {root}: move it there, or put a link to it there") from error


@contextmanager
def image_errors(path: Path) -> Iterator[None]:
    """Turn what is raised while an image is read into a `DataError` that names the file and the remedy."""
    try:
        yield
    except DataError:
        raise
    except _UNREADABLE as error:
        raise FileError(path, _complaint(path, error)) from error


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    with image_errors(path), open_regular(path, links=True) as file, Image.open(file) as image:
        _check_pixels(image, path)
        yield image


def _check_pixels(image: Image.Image, path: Path) -> None:
    if image.width * image.height > MOST_PIXELS:
        size = f"{image.width} x {image.height} pixels, more than the {MOST_PIXELS:,} that are read"
        raise FileError(path, f"has {size}: make it smaller")


def _complaint(path: Path, error: BaseException) -> str:
    for kind, complaint in _COMPLAINTS.items():
        if isinstance(error, kind):
            return complaint
    if isinstance(error, UnidentifiedImageError):
        if path.stat().st_size == 0:
            return "is empty (0 bytes): copy it again"
        return "is not an image that can be read here: save it as JPEG or PNG"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "is a link that leads in a circle: replace it by the image"
    return f"is damaged ({error}): copy it again"


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
    except (*_UNREADABLE, TypeError):
        return 1


def _eight_bits(image: Image.Image, path: Path) -> Image.Image:
    if image.mode == "F":
        raise FileError(path, "has pixels without a range (32-bit floats): save it with 8 or 16 bits a pixel")
    if image.mode not in _SIXTEEN_BIT:
        return image
    values = np.asarray(image).astype(np.float32)
    if not 0 <= values.min() <= values.max() <= 65535:
        raise FileError(path, "has pixels outside 0 .. 65535 (32-bit integers): save it with 8 or 16 bits a pixel")
    return Image.fromarray((values / 257).round().astype(np.uint8))


def _without_transparency(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, _PAPER), image)


def _mask_ids(image: Image.Image, path: Path) -> NDArray[np.integer]:
    match image.mode:
        case "P" | "L":
            return np.asarray(image)
        case "1":
            return np.asarray(image).astype(np.uint8)
        case mode if mode in _SIXTEEN_BIT:
            return np.asarray(image)
        case "RGB" | "RGBA":
            return labels_of_colours(np.asarray(image)[..., :3], path)
        case mode:
            raise FileError(path, f"is an image of mode {mode}: draw masks as palette or grey PNGs, a value a label")
