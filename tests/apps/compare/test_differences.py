"""How sure gains are said to be, and of which images."""

from dataclasses import replace
from pathlib import Path

import pytest
from compared_runs import MASKS, by_hand

from wsss.apps.compare.compared import Compared, read_runs
from wsss.apps.compare.differences import ONE_RUN, TOO_SMALL, difference_table, group_differences, group_estimates
from wsss.apps.compare.groups import separated
from wsss.errors import StoreError

GOOD = [[8, 0, 0], [0, 9, 0], [0, 0, 9]]
POOR = [[8, 0, 0], [9, 0, 0], [9, 0, 0]]
IMAGES = dict.fromkeys("abcd", 0.5)


def seeds(folder: Path, matrix: list[list[int]], mious: list[float]) -> list[Path]:
    """Runs with one matrix in all images."""
    return [
        by_hand(folder / f"{n}", images=IMAGES, miou=miou, matrices=dict.fromkeys("abcd", matrix), random_seed=n)
        for n, miou in enumerate(mious)
    ]


def test_single_runs_have_an_interval_over_images_alone(tmp_path: Path):
    runs = read_runs([*seeds(tmp_path / "poor", POOR, [0.1]), *seeds(tmp_path / "good", GOOD, [1.0])])
    (row,) = group_differences(separated(runs, [1, 1]), [MASKS])
    assert row.estimate.value == pytest.approx(1 - 8 / 26 / 3)
    assert (row.seeds, row.apart, row.images) == (ONE_RUN, True, 4)
    (cells,) = zip(*(column.cells for column in difference_table([row]).columns), strict=True)
    assert cells == ("make_masks", "train", runs[1].name, "+89.7", "+89.7 to +89.7", "0.001", ONE_RUN, "yes", "4")


def test_a_copy_gains_nothing(runs: tuple[Compared, ...]):
    first = runs[0]
    (row,) = group_differences(separated([first, first], [1, 1]), [MASKS])
    assert (row.estimate.value, row.estimate.low, row.estimate.high, row.apart) == (0, 0, 0, False)


def test_few_seeds_are_said_to_be_too_few_and_six_pairs_are_enough(tmp_path: Path):
    few = read_runs([*seeds(tmp_path / "a", POOR, [0.1, 0.2]), *seeds(tmp_path / "b", GOOD, [0.8, 0.9])])
    assert group_differences(separated(few, [2, 2]), [MASKS])[0].seeds == TOO_SMALL
    low, high = [0.1, 0.2, 0.1, 0.2, 0.1, 0.2], [0.8, 0.9, 0.8, 0.9, 0.8, 0.9]
    many = read_runs([*seeds(tmp_path / "c", POOR, low), *seeds(tmp_path / "d", GOOD, high)])
    assert group_differences(separated(many, [6, 6]), [MASKS])[0].seeds == 2 / 64


def test_the_family_of_several_groups_is_corrected(tmp_path: Path):
    parts = [seeds(tmp_path / name, matrix, [0.1]) for name, matrix in (("a", POOR), ("b", GOOD), ("c", GOOD))]
    rows = group_differences(separated(read_runs([folder for (folder,) in parts]), [1, 1, 1]), [MASKS])
    assert [row.corrected for row in rows] == [pytest.approx(2 * row.estimate.p) for row in rows]


def test_only_images_that_all_have_count(tmp_path: Path):
    some = by_hand(tmp_path / "some", images={"d": 0.5, "a": 0.5}, miou=0.1, matrices={"d": POOR, "a": GOOD})
    one = by_hand(tmp_path / "one", images={"a": 0.5, "b": 0.5}, miou=0.1, matrices={"a": GOOD, "b": POOR})
    (row,) = group_differences(separated(read_runs([some, one]), [1, 1]), [MASKS])
    assert (row.images, row.estimate.value) == (1, 0), "a is the same in both"
    other = by_hand(tmp_path / "other", images={"c": 0.5}, miou=0.1)
    with pytest.raises(StoreError, match="no scored image of train in common"):
        group_differences(separated(read_runs([some, other]), [1, 1]), [MASKS])


def test_data_sets_of_other_classes_are_refused(folders: list[Path], monkeypatch: pytest.MonkeyPatch):
    first, other = read_runs(folders)
    indexes = {first.name: first.index(), other.name: replace(other.index(), classes=("cat", "cow"))}
    monkeypatch.setattr(Compared, "index", lambda run: indexes[run.name])
    with pytest.raises(StoreError, match="has other classes than"):
        group_differences(separated([first, other], [1, 1]), [MASKS])


def test_a_group_s_own_estimate_is_its_mean(tmp_path: Path):
    runs = read_runs([*seeds(tmp_path / "a", POOR, [0.1]), *seeds(tmp_path / "b", GOOD, [1.0])])
    poor, good = group_estimates(separated(runs, [1, 1]), MASKS)
    assert (good.value, good.low, good.high) == (1, 1, 1)
    assert poor.value == pytest.approx(8 / 26 / 3)
