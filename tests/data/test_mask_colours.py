"""VOC's colours and their labels."""

from pathlib import Path

import numpy as np
import pytest

from wsss.data.mask_colours import labels_of_colours
from wsss.errors import FileError
from wsss.labels import palette


def test_every_colour_of_the_palette_is_its_label():
    assert labels_of_colours(palette()[None], Path("a.png")).tolist() == [list(range(256))]


def test_known_colours():
    # Of the VOC devkit: aeroplane is dark red, person a pale pink, borders almost white.
    pixels = np.array([[[128, 0, 0], [192, 128, 128], [224, 224, 192]]], dtype=np.uint8)
    assert labels_of_colours(pixels, Path("a.png")).tolist() == [[1, 15, 255]]


def test_another_colour_is_named():
    pixels = np.array([[[128, 0, 0], [128, 0, 1]]], dtype=np.uint8)
    with pytest.raises(FileError, match=r"a\.png has 1 pixels in colours that are not VOC's, \(128, 0, 1\) first"):
        labels_of_colours(pixels, Path("a.png"))
