"""Which pairs are worth a look, and what they are called after it."""

import numpy as np
import pytest

from wsss.audit.duplicates import LEAST, Pair, candidates, judged
from wsss.audit.groups import grouped
from wsss.audit.look import Look
from wsss.audit.neighbours import Neighbours, centred, nearest
from wsss.size import Size

ONE, OTHER = Size(height=60, width=80), Size(height=30, width=40)


def way(*, cosine: float = 0.7, correlation: float, sizes: tuple[Size, Size] = (ONE, ONE), **look: float) -> str | None:
    shown = {"mirrored": False, "scale": 1.0, **look}
    found = judged(Pair(first=0, second=1, cosine=cosine), Look(correlation=correlation, **shown), sizes=sizes)  # type: ignore[arg-type]
    return None if found is None else found.way


def test_names_of_what_two_pictures_are():
    assert way(correlation=0.9999) == "same"
    assert way(correlation=0.9999, brighter=10.0) == way(correlation=0.95) == "recompressed"
    assert way(correlation=0.9999, sizes=(ONE, OTHER)) == "recompressed"
    assert way(correlation=0.92, mirrored=True) == way(correlation=0.92, mirrored=True, scale=0.8) == "mirrored"
    assert way(correlation=0.92, scale=0.8) == "cropped"
    assert way(correlation=0.89) is None


def test_what_is_close_needs_less_correlation():
    assert way(cosine=0.75, correlation=0.81, scale=0.7) == "cropped"
    assert way(cosine=0.74, correlation=0.81, scale=0.7) is None
    assert way(cosine=0.9, correlation=0.7) == "burst"
    assert way(cosine=0.84, correlation=0.7) == way(cosine=0.9, correlation=0.59) is None


def test_copies_stand_out_from_what_is_merely_alike():
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(60, 30))
    rows[40] = rows[3] + 0.3 * draw.normal(size=30)
    rows[41] = rows[3] + 0.3 * draw.normal(size=30)
    found = candidates(nearest(centred(rows)))
    assert {(pair.first, pair.second) for pair in found if pair.cosine > 0.7} == {(3, 40), (3, 41), (40, 41)}
    assert [(pair.first, pair.second) for pair in found] == sorted((pair.first, pair.second) for pair in found)
    assert all(pair.cosine >= LEAST for pair in found)


def test_more_copies_than_neighbours_are_found():
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(60, 30))
    rows[20:40] = rows[20]  # all neighbours of a copy are copies: none stands out from the last
    found = {(pair.first, pair.second) for pair in candidates(nearest(centred(rows))) if pair.cosine > 0.99}
    assert {place for pair in found for place in pair} == set(range(20, 40))
    assert len(set(grouped(found, count=len(rows))[20:40].tolist())) == 1


def test_of_two_images_one_pair_is_looked_at():
    near = Neighbours(index=np.array([[1], [0]]), cosine=np.array([[0.5], [0.5]]))
    assert candidates(near) == [Pair(first=0, second=1, cosine=0.5)]
    assert candidates(Neighbours(index=np.zeros((1, 0), dtype=np.int64), cosine=np.zeros((1, 0)))) == []


@pytest.mark.parametrize(("cosine", "expected"), [(0.6, True), (0.59, False)])
def test_cut_outs_are_looked_for_in_what_is_close(cosine: float, *, expected: bool):
    assert Pair(first=0, second=1, cosine=cosine).cut_outs is expected
