import pytest

from wsss.methods.affinity.options import AffinityFit


def test_a_cell_without_neighbours_is_refused():
    with pytest.raises(ValueError, match="radius must be at least 2 cells, got 1"):
        AffinityFit(radius=1)
