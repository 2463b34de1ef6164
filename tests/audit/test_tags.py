"""Scores and counts of suspicious tags, by hand."""

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint

from wsss.audit.tags import confident_counts, false_scores, judge_class, missing_scores


def test_counts_are_off_the_diagonal_of_the_confident_joint():
    tags = np.array([True] * 4 + [False] * 6)
    p = np.array([0.9, 0.8, 0.6, 0.1, 0.9, 0.05, 0.1, 0.1, 0.2, 0.3])
    # Shows from 0.6, does not up to 0.275: of 4 tagged 3 and 1, of 6 others 1 and 4, of which one counts as neither.
    missing, false = confident_counts(tags, p, upper=0.6, lower=0.275)
    assert (missing, false) == (pytest.approx(6 / 5), pytest.approx(1.0))


def test_where_thresholds_cross_the_likelier_side_counts():
    tags = np.array([True, True, False, False])
    p = np.array([0.45, 0.55, 0.45, 0.55])
    assert confident_counts(tags, p, upper=0.4, lower=0.6) == (1.0, 1.0)


def test_nothing_certain_counts_nothing():
    assert confident_counts(np.array([True, False]), np.array([0.5, 0.5]), upper=0.9, lower=0.1) == (0.0, 0.0)


@pytest.mark.parametrize("images", [4, 36])
def test_too_few_are_not_judged(images: int):
    tags = np.arange(40) < images
    found = judge_class(tags, tags.astype(float), name="cat")
    assert (found.verdict, found.images, found.about_missing, found.about_false) == ("too few to judge", images, 0, 0)


@pytest.mark.parametrize("tags", [np.zeros(9, dtype=bool), np.ones(9, dtype=bool)])
def test_a_class_of_none_or_all_is_not_judged(tags: np.ndarray):
    assert judge_class(tags, np.full(9, 0.5), name="cat").verdict == "too few to judge"


def test_scores_that_are_all_the_same_are_no_evidence():
    tags = np.arange(40) < 20
    found = judge_class(tags, np.full(40, 0.5), name="cat")
    assert (found.verdict, found.precision) == ("no evidence", 0.5)
    assert (found.about_missing, found.about_false) == (0.0, 0.0)


def test_thresholds_are_means_of_either_side():
    tags = np.arange(20) < 10
    found = judge_class(tags, np.where(tags, 0.8, 0.1) + np.where(np.arange(20) == 3, 0.4, 0.0), name="cat")
    assert found.verdict == "judged"
    assert found.threshold == pytest.approx((9 * 0.8 + 1.0) / 10)  # clipped at 1
    assert found.absent_threshold == pytest.approx(0.1)


def test_evidence_on_another_object_makes_an_absent_tag_less_suspicious():
    p, share = np.array([0.7, 0.7, 0.0]), np.array([0.35, 0.35, 0.7])
    found = missing_scores(p, share, np.array([0.0, 1.0, 0.0]))
    np.testing.assert_allclose(found, [0.6, 0.3, 0.2])


def test_false_tags_are_ranked_by_little_evidence_and_few_neighbours():
    found = false_scores(np.array([0.9, 0.1, 0.5, 0.5]), np.array([0.8, 0.0, 0.1, 0.1]))
    np.testing.assert_allclose(found, [0, 1, 0.5, 0.5])
    assert false_scores(np.array([0.3]), np.array([0.3])).tolist() == [0.0]
    assert false_scores(np.zeros(3), np.zeros(3)).tolist() == [0.5] * 3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_counts_are_those_of_cleanlab(seed: int):
    draw = np.random.default_rng(seed)
    shows = draw.random(400) < 0.3
    p = np.clip(np.where(shows, 0.75, 0.2) + 0.15 * draw.normal(size=400), 0, 1)
    tags = shows ^ (draw.random(400) < 0.08)
    joint = compute_confident_joint(tags.astype(int), np.stack([1 - p, p], axis=1), calibrate=True)
    missing, false = confident_counts(tags, p, upper=float(p[tags].mean()), lower=float(p[~tags].mean()))
    assert joint[0, 1] == pytest.approx(missing, abs=1)  # it rounds to whole images
    assert joint[1, 0] == pytest.approx(false, abs=1)
