"""Colours of labels: how far apart they are to each eye, beside VOC's."""

import numpy as np
import pytest

from wsss.draw.label_colours import FIRST, label_colours, seen_by_all
from wsss.labels import palette


def nearest(colours: np.ndarray) -> float:
    """The least distance of two colours, to the eye that sees them nearest."""
    pairs = np.triu_indices(len(colours), k=1)
    return min(float(np.linalg.norm(seen[pairs[0]] - seen[pairs[1]], axis=1).min()) for seen in seen_by_all(colours))


def test_white_and_red_in_oklab_by_the_authors_table():
    lab = seen_by_all(np.array([[255, 255, 255], [255, 0, 0]], dtype=np.uint8))[0]
    assert lab[0].tolist() == pytest.approx([1, 0, 0], abs=1e-3)
    assert lab[1].tolist() == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)


def test_grey_looks_the_same_to_every_eye():
    seen = seen_by_all(np.array([[90, 90, 90]], dtype=np.uint8))
    assert np.allclose(seen, seen[:1], atol=1e-3)


def test_there_is_one_colour_for_every_label():
    colours = label_colours()
    assert colours.shape == (256, 3)
    assert len(np.unique(colours, axis=0)) == 256
    assert colours[0].tolist() == [0, 0, 0]
    assert colours[1:8].tolist() == [list(colour) for colour in FIRST]
    assert not colours.flags.writeable


@pytest.mark.parametrize(("classes", "least"), [(7, 0.07), (20, 0.07), (40, 0.04)])
def test_colours_can_be_told_apart_by_every_eye(classes: int, least: float):
    assert nearest(label_colours()[1 : classes + 1]) > least
    assert nearest(palette()[1 : classes + 1]) < nearest(label_colours()[1 : classes + 1])


def test_no_colour_is_as_dark_as_a_shadow_or_as_light_as_an_outline():
    lightness = seen_by_all(label_colours()[1:-1])[0][:, 0]
    assert lightness.min() > 0.4
    assert lightness.max() < 0.95
