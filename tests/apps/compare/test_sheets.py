"""Pictures of what got better and what got worse."""

from pathlib import Path

import pytest
from compared_runs import MASKS, by_hand, without_masks

from wsss.apps.compare.compared import Compared, read_runs
from wsss.apps.compare.groups import Group, separated
from wsss.apps.compare.sheets import chosen_masks, gain_sheets
from wsss.errors import StoreError


def test_sheets_hold_what_got_better_and_what_got_worse(groups: tuple[Group, ...]):
    better, worse = gain_sheets(*groups, MASKS, count=6)
    assert [row.id for row in better.rows] == ["a"], "b differs by less than a hundredth, c was not scored before"
    assert [row.id for row in worse.rows] == ["d"]
    assert [panel.words for panel in better.rows[0].panels] == ["", "IoU 50.0", "IoU 90.0", ""]


def test_the_last_masks_are_chosen_unless_others_are_wanted(runs: tuple[Compared, ...]):
    assert chosen_masks(runs, wanted=None) == MASKS
    assert chosen_masks(runs, wanted="make_masks:train") == MASKS
    with pytest.raises(StoreError, match="--masks make_masks:val: these runs have in common: make_masks:train"):
        chosen_masks(runs, wanted="make_masks:val")


def test_runs_without_masks_in_common_are_refused(tmp_path: Path, folders: list[Path]):
    third = without_masks(by_hand(tmp_path / "third", images={}, miou=0.1), agreement=0.5)
    with pytest.raises(StoreError, match="no scored masks in common"):
        chosen_masks(read_runs([folders[0], third]), wanted=None)
    empty = by_hand(tmp_path / "empty", images={"a": None}, miou=0.1)
    with pytest.raises(StoreError, match="no scored image of train in common"):
        gain_sheets(*separated(read_runs([folders[0], empty]), [1, 1]), MASKS, count=6)
