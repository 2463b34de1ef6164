"""Slices of errors: what is planted is found, and nothing else."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from wsss.metrics.slices import benjamini_hochberg, find_slices

N = 200


def properties(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.random(N) < share for name, share in {"dark": 0.15, "large": 0.4, "cat": 0.3, "dog": 0.3}.items()}


def errors(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.5, N)


def test_a_planted_property_is_first_and_alone() -> None:
    known, wrong = properties(), errors()
    wrong[known["dark"]] += 0.3
    found = find_slices(known, wrong)
    assert found[0].properties == ("dark",)
    assert found[0].count == known["dark"].sum()
    assert found[0].error == pytest.approx(wrong[known["dark"]].mean())
    assert found[0].rest == pytest.approx(wrong[~known["dark"]].mean())
    assert len(found) == 1


def test_a_planted_conjunction_is_first() -> None:
    known, wrong = properties(), errors()
    both = known["large"] & known["cat"]
    wrong[both] += 0.4
    assert find_slices(known, wrong)[0].properties == ("large", "cat")


def test_a_conjunction_that_errs_no_more_than_one_of_its_parts_is_not_named() -> None:
    rows = np.arange(N)
    known = {"dark": rows < N // 2, "large": rows % 2 == 0}
    wrong = errors()
    wrong[known["dark"]] += 0.5
    assert [each.properties for each in find_slices(known, wrong)] == [("dark",)]


def test_shuffled_errors_have_no_slice() -> None:
    known = properties()
    wrong = errors()
    wrong[known["dark"]] += 0.3
    found = [find_slices(known, np.random.default_rng(seed).permutation(wrong)) for seed in range(20)]
    assert sum(bool(each) for each in found) <= 2


def test_the_score_by_hand() -> None:
    rows = np.arange(40) < 10
    wrong = np.where(rows, 1.0, 0.2)
    (found,) = find_slices({"a": rows}, wrong)
    assert found.score == pytest.approx(0.95 * (1 / 0.4 - 1) - 0.05 * (40 / 10 - 1))


def test_small_slices_are_not_looked_at() -> None:
    rows = np.arange(40) < 9
    assert find_slices({"a": rows}, np.where(rows, 1.0, 0.2)) == []
    assert len(find_slices({"a": rows}, np.where(rows, 1.0, 0.2), fewest=9)) == 1


def test_the_order_of_rows_does_not_matter() -> None:
    known, wrong = properties(), errors()
    wrong[known["dark"]] += 0.3
    order = np.random.default_rng(5).permutation(N)
    mixed = find_slices({name: rows[order] for name, rows in known.items()}, wrong[order])
    assert [each.properties for each in mixed] == [each.properties for each in find_slices(known, wrong)]


@pytest.mark.parametrize("seed", range(4))
def test_benjamini_hochberg_is_scipys(seed: int) -> None:
    ps = np.random.default_rng(seed).random(30) ** 3
    assert benjamini_hochberg(ps.tolist()) == (false_discovery_control(ps) <= 0.05).tolist()


def test_no_test_passes_where_there_is_none() -> None:
    assert benjamini_hochberg([]) == []
    assert find_slices({}, errors()) == []
