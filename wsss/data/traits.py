"""Traits of images that are read otherwise than they are stored: depth, frames and colour profiles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image

from wsss.data.depth import WHITE, deep_values, has_low_bytes, is_deep
from wsss.data.opened import UNREADABLE, opened
from wsss.data.profiles import conversion_of, is_broken

DARK: Final = 0.25
"""Where no image is brighter than this share of white, its camera most likely had fewer bits."""
VIEWS: Final = ("MPO",)
"""Formats whose further frames are depths and previews of the first, as phones store them."""
WHITES: Final = (255, 1023, 4095, 16383, 65535)
"""White of cameras with 8, 10, 12, 14 and 16 bits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Traits:
    """How an image is stored, as far as it is read otherwise."""

    peak: int | None = None
    """The largest value of an image of 16 bits; None for any other."""
    framed: bool = False
    """Whether it has further frames or pages, which are not read."""
    profile: Literal["converted", "broken"] | None = None
    """What becomes of its colour profile; None where it has none, or that of sRGB."""


def traits_of(path: Path) -> Traits:
    """Return the traits of an image; only those of 16 bits are decoded. Raises `DataError` as `read_image` does."""
    with opened(path) as image:
        profile: Literal["converted", "broken"] | None = None
        if is_broken(image):
            profile = "broken"
        elif conversion_of(image) is not None:
            profile = "converted"
        # Pixels last: how they are stored is not known any more once they are decoded.
        return Traits(framed=_is_framed(image), profile=profile, peak=_peak(image, path))


def _is_framed(image: Image.Image) -> bool:
    try:
        return image.format not in VIEWS and bool(getattr(image, "is_animated", False))
    except UNREADABLE:  # of further frames alone
        return False


def _peak(image: Image.Image, path: Path) -> int | None:
    if not is_deep(image) or not has_low_bytes(image):
        return None
    values = deep_values(image, path)
    return int(values[..., :3].max() if values.ndim == 3 else values.max())


def trait_notes(images: Sequence[tuple[str, Traits]], *, white: int = WHITE) -> Iterator[str]:
    """Yield a sentence for every way in which images of a data set are read otherwise than stored.

    Args:
        images: Paths and traits.
        white: The value of 16 bits that is read as white.
    """
    yield from _depth_notes({path: found.peak for path, found in images if found.peak is not None}, white)
    if framed := [path for path, found in images if found.framed]:
        yield f"{_counted(framed)} of several frames or pages: the first is read"
    if converted := [path for path, found in images if found.profile == "converted"]:
        yield f"{_counted(converted)} with a colour profile of another space: converted to sRGB"
    if broken := [path for path, found in images if found.profile == "broken"]:
        yield f"{_counted(broken)} with a broken colour profile: it is ignored, and colours may be wrong"


def _depth_notes(peaks: Mapping[str, int], white: int) -> Iterator[str]:
    peak = max(peaks.values(), default=white)
    if peak < DARK * white:
        share, use = f"{100 * peak / white:.1f} % of their range", "uses" if len(peaks) == 1 else "use"
        right = next(each for each in WHITES if peak <= each)
        remedy = f"set dataset.white={right} if that is their camera's white"
        yield f"{_counted(list(peaks), 'of 16 bits')} {use} at most {share}: they are read as almost black; {remedy}"
    elif above := [path for path, value in peaks.items() if value > white]:
        what = f"{_counted(above, 'of 16 bits')} with values above dataset.white={white}"
        yield f"{what}: they are read as white; a larger dataset.white, up to {WHITE}, tells them apart"


def _counted(paths: Sequence[str], kind: str = "") -> str:
    """Return how many images there are, of what kind, and which is the first."""
    images = " ".join(["1 image" if len(paths) == 1 else f"{len(paths)} images", *([kind] if kind else [])])
    return f"{images} ({paths[0]}{'' if len(paths) == 1 else ' first'})"
