"""Images of 16 bits that leave most of their range unused, and so are read as almost black."""

from collections.abc import Mapping
from typing import Final

from wsss.data.examine import Examined
from wsss.data.listing import Listing

WHITE: Final = 65535
"""The value that is read as white."""
DARK: Final = 0.25
"""Where no image is brighter than this share of white, its camera most likely had fewer bits."""


def depth_notes(listing: Listing, examined: Mapping[str, Examined]) -> list[str]:
    """Return a sentence where all images of 16 bits are dark: cameras of 10 or 12 bits write such files."""
    peaks = [(entry, peak) for entry in listing.entries if (peak := examined[entry.id].peak) is not None]
    if not peaks or max(peak for _, peak in peaks) >= DARK * WHITE:
        return []
    share = 100 * max(peak for _, peak in peaks) / WHITE
    what = f"dark images, {len(peaks)} of 16 bits ({peaks[0][0].image} first), use at most {share:.1f} % of their range"
    remedy = f"stretch them to 0 .. {WHITE}, or save them with 8 bits"
    return [f"{what}: they are read as almost black; {remedy}"]
