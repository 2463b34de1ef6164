"""True boxes of an image as its record holds them: within the image, and in the pixels that it is reduced to."""

from collections.abc import Mapping

from wsss.boxes.box import Box
from wsss.data.index import TrueBox
from wsss.data.listing import Entry, Listing
from wsss.errors import one_of
from wsss.size import Size


def true_boxes(entry: Entry, *, number: Mapping[str, int], size: Size, reduced: Size) -> tuple[TrueBox, ...]:
    """Return an entry's boxes in an image that is reduced from `size`, without those that reach beyond the image."""
    across, down = reduced.width / size.width, reduced.height / size.height
    return tuple(
        TrueBox(cls=number[name], box=box.scaled(across=across, down=down))
        for name, box in _in_pixels(entry, size)
        if _is_within(box, size)
    )


def outside_note(listing: Listing, sizes: Mapping[str, Size | None]) -> list[str]:
    """Say of how many images a box reaches beyond the image: such boxes are not scored."""
    known = {entry: size for entry in listing.entries if (size := sizes.get(entry.id)) is not None}
    beyond = [
        entry.source
        for entry, size in known.items()
        if any(not _is_within(box, size) for _, box in _in_pixels(entry, size))
    ]
    if not beyond:
        return []
    why = "it is not scored: are these annotations of images of another size?"
    return [f"a box reaches beyond its image in {len(beyond)} annotations, {one_of(beyond, limit=3)}; {why}"]


def _in_pixels(entry: Entry, size: Size) -> list[tuple[str, Box]]:
    if entry.boxes_in == "pixels":
        return list(entry.boxes)
    return [(name, box.scaled(across=size.width, down=size.height)) for name, box in entry.boxes]


def _is_within(box: Box, size: Size) -> bool:
    return box.left >= 0 and box.top >= 0 and box.right <= size.width and box.bottom <= size.height
