"""Values of a check."""

from wsss.apps.check.findings import Sizes
from wsss.types import Size


def test_sizes_by_hand():
    # Width and height are ranked each for itself; of four values the median is the mean of the middle two.
    sizes = [Size(height=h, width=w) for h, w in ((100, 400), (300, 200), (200, 300), (50, 1000))]
    found = Sizes.of(sizes)
    assert found is not None
    assert (found.width, found.height) == ((200, 350, 1000), (50, 150, 300))
    assert found.megapixels == (0.04, 0.055, 0.06)


def test_no_sizes():
    assert Sizes.of([]) is None
