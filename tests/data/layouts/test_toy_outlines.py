import numpy as np
import pytest

from wsss.data.layouts.toy_outlines import SHELL, body_outlines, disc, pattern_outlines
from wsss.data.layouts.toy_scenes import TOY_CLASSES


def test_a_disc_by_hand():
    corners = disc(1.0, 2.0, 0.5)
    assert corners.shape == (40, 2)
    np.testing.assert_allclose(corners[[0, 10, 20, 30]], [[1.5, 2.0], [1.0, 2.5], [0.5, 2.0], [1.0, 1.5]], atol=1e-12)


def test_a_body_has_six_parts_and_no_two_are_alike():
    """Torso, head, tail and three feet."""
    rng = np.random.default_rng(0)
    first, second = list(body_outlines(rng)), list(body_outlines(rng))
    assert len(first) == len(second) == 6
    assert not np.array_equal(first[0], second[0])


@pytest.mark.parametrize(("name", "parts"), [("bee", 4), ("ladybird", 7), ("snail", 49), ("turtle", 13)])
def test_a_pattern_lies_around_the_centre_of_the_shell(name: str, parts: int):
    """Stripes; a spot and six around it; a spiral of 49 pieces; the 13 even fields of a board of 5 x 5."""
    assert name in TOY_CLASSES
    outlines = list(pattern_outlines(name, np.random.default_rng(0)))
    assert len(outlines) == parts
    corners = np.concatenate(outlines)
    assert np.linalg.norm(corners.mean(axis=0) - SHELL[:2]) < 0.05
