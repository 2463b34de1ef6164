"""Open an image file, in a format of photographs alone; what goes wrong becomes one line that names file and remedy."""

import ctypes
import errno
import logging
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError, _imaging

from wsss.data.archives import length_of, open_source
from wsss.data.packing import can_hold
from wsss.errors import DataError, FileError, OutsideError
from wsss.paths import NotRegularError, inside
from wsss.places import Place
from wsss.validation import reason

Image.MAX_IMAGE_PIXELS = None  # or Pillow warns from half of `MOST_PIXELS` on, on the screen and once for every image
# What Pillow warns of and logs of damaged files says nothing that the refusal, or the decoded image, does not.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())
with suppress(AttributeError, OSError):  # where libtiff is a part of Pillow's own library, its functions have no names
    for _handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        getattr(ctypes.CDLL(_imaging.__file__), _handler)(None)

FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "JPEG2000", "AVIF")
"""All that is decoded, whatever a file's suffix says: other readers of Pillow run programs, as Ghostscript for EPS."""
MOST_PIXELS: Final = 178_956_970
"""Images with more pixels are refused: where Pillow takes a file for an attempt to fill the memory."""

UNREADABLE: Final = (
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


def place(root: Path, name: str) -> Path:
    """Return where an image or a mask lies that an index names; raises `FileError` for one outside of `root`."""
    try:
        return inside(root, name, links=True)
    except OutsideError as error:
        raise FileError(name, f"lies outside of {root}: move it there, or put a link to it there") from error


@contextmanager
def image_errors(path: Place) -> Iterator[None]:
    """Turn what is raised while an image is read into a `DataError` that names the file and the remedy."""
    try:
        yield
    except DataError:
        raise
    except UNREADABLE as error:
        raise FileError(path, _complaint(path, error)) from error


@contextmanager
def opened(path: Place) -> Iterator[Image.Image]:
    """Open an image, whose pixels are not decoded yet; raises `DataError` for any other file, and while it is used."""
    with image_errors(path), open_source(path) as file, Image.open(file, formats=FORMATS) as image:
        _check_pixels(image, path, length=_length(file))
        yield image


def _length(file: BufferedReader | BytesIO) -> int:
    place = file.tell()  # decoders go on from there
    length = file.seek(0, os.SEEK_END)
    file.seek(place)
    return length


def _check_pixels(image: Image.Image, path: Place, *, length: int) -> None:
    size = f"{image.width} x {image.height} pixels"
    if image.width * image.height > MOST_PIXELS:
        raise FileError(path, f"has {size}, more than the {MOST_PIXELS:,} that are read: make it smaller")
    if not can_hold(image, length=length):
        raise FileError(path, f"is damaged (its {length:,} bytes cannot hold {size}): copy it again")


def _complaint(path: Place, error: BaseException) -> str:
    for kind, complaint in _COMPLAINTS.items():
        if isinstance(error, kind):
            return complaint
    if isinstance(error, UnidentifiedImageError):
        if length_of(path) == 0:
            return "is empty (0 bytes): copy it again"
        return "is not an image that can be read here: save it as JPEG or PNG"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "is a link that leads in a circle: replace it by the image"
    return f"is damaged ({reason(error)}): copy it again"
