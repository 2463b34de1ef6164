"""Examine every image and mask of a data set once, before anything is learnt from it: sizes, labels, what is broken."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from rich.console import Console
from rich.progress import Progress

from wsss.ahead import map_ahead
from wsss.cores import usable_cores
from wsss.data.alike import Alike
from wsss.data.archives import read_source
from wsss.data.depth import WHITE
from wsss.data.drawing import mask_png
from wsss.data.drawn_masks import DrawnMasks, drawn_masks
from wsss.data.images import check_image, read_image, read_mask, read_size, sideways
from wsss.data.listing import Entry, Listing, Problem
from wsss.data.opened import place
from wsss.data.traits import Traits, traits_of
from wsss.errors import DataError, FileError, one_of
from wsss.labels import IGNORE, label_count, label_names
from wsss.places import Place
from wsss.size import Size

MOST_READERS: Final = 8
"""So many images are decoded at once: large ones fill the memory."""

Watch = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""Shows progress: opened with the number of images; what it gives is called after each of them."""
Look = Callable[[Path], "Examined"]
"""Decodes an image to the end; raises `FileError` where it cannot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """What an image and its mask are, or what is broken. A broken mask leaves what the image says."""

    size: Size | None = None
    content: str = ""
    """Hash of the decoded pixels and their size: equal for a copy in another format that loses nothing."""
    file: str = ""
    """Hash of the file's bytes."""
    labels: Mapping[int, int] = field(default_factory=dict)
    """Pixels of each label that the mask holds; none without a mask."""
    png: bytes = b""
    """The mask that was drawn, until it is kept; empty for a mask that is a file."""
    mask: str | None = None
    """The path of the drawn mask once it is kept, below the listing's `drawn`."""
    traits: Traits = field(default_factory=Traits)
    """What is read otherwise than it is stored."""
    problem: Problem | None = None

    @property
    def broken(self) -> str | None:
        """`image` or `mask`, whichever cannot be used; None where nothing is wrong."""
        return None if self.problem is None else self.problem.kind


@contextmanager
def bar_on_a_terminal(total: int) -> Iterator[Callable[[], None]]:
    """Show how many images are examined, where somebody looks."""
    with Progress(transient=True, disable=not Console().is_terminal) as progress:
        task = progress.add_task("checking images", total=total)
        yield lambda: progress.advance(task)


def sized(path: Path) -> Examined:
    """Decode an image only as far as tells that it is whole, for its size, and hash its file."""
    return Examined(size=check_image(path), file=_file_hash(path))


def hashed(path: Path, *, white: int = WHITE) -> Examined:
    """Decode an image whole, for its size and the hashes by which equal images are found."""
    pixels = read_image(path, white=white)
    height, width = pixels.shape[:2]
    digest = hashlib.blake2b(f"{width} x {height}".encode(), digest_size=16)
    digest.update(pixels.data)
    return Examined(size=Size(height=height, width=width), content=digest.hexdigest(), file=_file_hash(path))


def _file_hash(path: Path) -> str:
    return hashlib.blake2b(read_source(path), digest_size=16).hexdigest()


def examine_all(
    listing: Listing, *, look: Look = sized, watch: Watch = bar_on_a_terminal, pack: int | None = None
) -> dict[str, Examined]:
    """Examine the images of a listing with their masks, which are drawn where there are outlines; return them by id.

    Masks that are drawn are a file each, or `pack` in an archive. Decoding lets other threads run.
    """
    examined = {}
    alike = Alike()
    readers = ThreadPoolExecutor(min(MOST_READERS, usable_cores()))
    with (
        readers as pool,
        _cancelled(pool),
        watch(len(listing.entries)) as advance,
        drawn_masks(listing.mask_root, pack=pack) as masks,
    ):
        work = partial(examine, root=listing.root, masks=listing.mask_root, classes=listing.classes, look=look)
        results = map_ahead(pool, work, listing.entries)
        for entry, result in zip(listing.entries, results, strict=True):
            examined[entry.id] = alike.share(_kept(result, entry, masks), "size", "traits")
            advance()
    return examined


def _kept(result: Examined, entry: Entry, masks: DrawnMasks) -> Examined:
    """Write the mask, if one was drawn, so that it no longer takes memory."""
    if not result.png or entry.mask is None:
        return result
    return replace(result, png=b"", mask=masks.keep(entry.mask, result.png))


@contextmanager
def _cancelled(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Drop what is not begun where something is raised, as by a Ctrl-C: a pool waits for all that it was given."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def examine(
    entry: Entry, *, root: Path, classes: Sequence[str], masks: Path | None = None, look: Look = sized
) -> Examined:
    """Decode an image and its mask; what is wrong is returned, since one bad file must not hide the next.

    Args:
        entry: The image.
        root: The folder that its path starts from.
        classes: The data set's classes.
        masks: The folder of masks that are files; None: `root`.
        look: Decodes the image.
    """
    try:
        path = place(root, entry.image)
        image = replace(look(path), traits=traits_of(path))
    except FileError as error:
        return Examined(problem=Problem.of_file(error, kind="image", name=entry.image))
    assert image.size is not None
    if entry.mask is None:
        return image
    try:
        if entry.drawing is not None:
            ids = draw(entry, size=image.size)
            return replace(image, labels=_counted(ids), png=mask_png(ids))
        mask = place(masks or root, entry.mask)
        refuse_unturned(mask, size=image.size, image=path)
        labels = labels_in(mask, size=image.size, classes=classes)
    except FileError as error:
        return replace(image, problem=Problem.of_file(error, kind="mask", name=entry.mask))
    return replace(image, labels=labels)


def draw(entry: Entry, *, size: Size) -> UInt8[np.ndarray, "h w"]:
    """Draw the mask of an entry that has a drawing, at the size of its image.

    Raises `FileError`, which names where the outlines stand, for those of another size and those that cannot be drawn.
    """
    assert entry.drawing is not None
    told = entry.drawing.size
    if told is not None and told != size:
        sizes = (
            f"gives {told.width} x {told.height} pixels, and the image {entry.image} has {size.width} x {size.height}"
        )
        raise FileError(entry.source, f"{sizes}: outlines do not fit it; put the image there that they were drawn in")
    try:
        return entry.drawing.labels(size)
    except DataError as error:
        raise FileError(entry.source, f"has an outline that cannot be drawn: {error}") from error


def refuse_unturned(mask: Path, *, size: Size, image: Place) -> None:
    """Refuse a mask that was drawn over the stored pixels of an image which viewers turn."""
    drawn = read_size(mask)
    if drawn == size or drawn != Size(height=size.width, width=size.height):
        return
    if orientation := sideways(image):
        sizes = f"is {drawn.width} x {drawn.height} pixels and its image {size.width} x {size.height}"
        cause = f"the image is turned by its EXIF orientation ({orientation}) and the mask is not"
        remedy = "turn the mask, or store the image upright without that orientation"
        raise FileError(mask, f"{sizes}: {cause}: {remedy}")


def labels_in(mask: Path, *, size: Size, classes: Sequence[str]) -> dict[int, int]:
    """Return the labels that a mask holds, with their pixels.

    Raises `FileError` where the mask does not fit its image's size or the classes.
    """
    ids = read_mask(mask)
    height, width = ids.shape
    if (height, width) != (size.height, size.width):
        sizes = f"is {width} x {height} pixels and its image {size.width} x {size.height}"
        raise FileError(mask, f"{sizes}: draw the mask at the image's size")
    labels = _counted(ids)
    strange = [label for label in labels if not (label < label_count(classes) or label == IGNORE)]
    if strange:
        raise FileError(mask, f"holds the labels {one_of([str(s) for s in strange])}: draw {meanings(classes)}")
    return labels


def _counted(ids: UInt8[np.ndarray, "h w"]) -> dict[int, int]:
    counts = np.bincount(ids.ravel(), minlength=IGNORE + 1)
    return {int(label): int(counts[label]) for label in np.flatnonzero(counts)}


def meanings(classes: Sequence[str]) -> str:
    """Return what a mask of these classes may hold, in words."""
    names = one_of([f"{label} for {name}" for label, name in enumerate(label_names(classes))])
    return f"{names}, and {IGNORE} for pixels to ignore"
