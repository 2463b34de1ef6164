"""Images of 16 bits that are dark as a whole."""

from pathlib import Path

import pytest

from wsss.data.depth import depth_notes
from wsss.data.examine import Examined
from wsss.data.listing import Entry, Listing

ENTRIES = tuple(Entry(id=i, image=f"{i}.tif", names=(), source="") for i in "abc")
LISTING = Listing(root=Path(), entries=ENTRIES)


def test_the_brightest_counts():
    examined = {"a": Examined(), "b": Examined(peak=1000), "c": Examined(peak=4095)}
    (note,) = depth_notes(LISTING, examined)
    assert note.startswith("dark images, 2 of 16 bits (b.tif first), use at most 6.2 % of their range: ")


@pytest.mark.parametrize("peak", [16384, 65535])
def test_one_bright_image_tells_that_the_range_is_whole(peak: int):
    assert depth_notes(LISTING, {"a": Examined(peak=3), "b": Examined(peak=peak), "c": Examined()}) == []


def test_no_image_of_16_bits():
    assert depth_notes(LISTING, {i: Examined() for i in "abc"}) == []
