"""Classes that occur together, by hand and by scipy's exact test."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from wsss.metrics.cooccurrence import reliances, together

HORSE, PERSON, CAT = 0, 1, 2


def drawn() -> np.ndarray:
    tags = np.zeros((100, 3), dtype=bool)
    tags[:20, HORSE] = True
    tags[:15, PERSON] = True
    tags[90:, PERSON] = True
    tags[10:60, CAT] = True
    return tags


def test_a_pair_by_hand() -> None:
    pair = together(drawn())[0]
    assert {pair.cls, pair.other} == {HORSE, PERSON}
    assert (pair.images, pair.lift) == (15, pytest.approx(100 * 15 / (20 * 25)))
    one_sided = fisher_exact([[15, 5], [10, 70]], alternative="greater").pvalue
    assert pair.p == pytest.approx(one_sided)


def test_each_way_has_a_share_and_a_count_of_its_own() -> None:
    ways = {(pair.cls, pair.other): pair for pair in together(drawn())}
    assert (ways[HORSE, PERSON].share, ways[HORSE, PERSON].without) == (0.75, 5)
    assert (ways[PERSON, HORSE].share, ways[PERSON, HORSE].without) == (0.6, 10)
    assert (HORSE, CAT) not in ways


def test_pairs_that_chance_makes_are_left_out() -> None:
    tags = np.random.default_rng(0).random((400, 12)) < 0.2
    assert together(tags) == []


def test_chance_is_shared_out_among_all_pairs() -> None:
    tags = np.zeros((100, 3), dtype=bool)
    tags[:20, HORSE] = tags[13:40, PERSON] = True
    tags[13:20, HORSE] = True
    few, many = tags[:, :2], np.concatenate([tags, np.zeros((100, 40), dtype=bool)], axis=1)
    (pair, _) = together(few, chance=1.0)
    between = 2 * pair.p
    assert len(together(few, chance=between)) == 2, "there is one pair"
    assert together(many, chance=between) == [], "there are 903 pairs"


def test_the_order_of_images_does_not_matter() -> None:
    tags = drawn()
    assert together(tags[np.random.default_rng(0).permutation(100)]) == together(tags)


def test_reliance_is_a_ratio_of_means() -> None:
    tags = drawn()
    p = np.full((100, 3), 0.5)
    p[:15, HORSE], p[15:20, HORSE] = 0.9, 0.3
    first = reliances(tags, p)[0]
    assert (first.cls, first.other, first.images) == (HORSE, PERSON, (15, 5))
    assert first.bias == pytest.approx(3)


def test_too_few_images_are_not_judged() -> None:
    tags = drawn()
    tags[19, HORSE] = False
    p = np.full((100, 3), 0.5)
    assert (HORSE, PERSON) not in [(each.cls, each.other) for each in reliances(tags, p)]
    assert (HORSE, PERSON) in [(each.cls, each.other) for each in reliances(tags, p, fewest=4)]
