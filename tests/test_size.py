import pytest

from wsss.size import Size


def test_a_size_counts_the_cells_that_cover_it():
    size = Size(height=9, width=16)
    assert size.over(1) == (9, 16)
    assert size.over(4) == (3, 4)
    assert size.over(32) == (1, 1)


@pytest.mark.parametrize(("height", "width"), [(0, 5), (5, 0), (-1, 5)])
def test_an_image_without_pixels_is_refused(height: int, width: int):
    with pytest.raises(ValueError, match="has no content"):
        Size(height=height, width=width)
