"""Which runs are taken together, and under which name."""

from pathlib import Path

import pytest
from compared_runs import by_hand

from wsss.apps.compare.compared import Compared, read_runs
from wsss.apps.compare.groups import grouped_by, separated
from wsss.errors import StoreError


@pytest.fixture
def six(tmp_path: Path) -> tuple[Compared, ...]:
    """Two options with three random seeds each."""
    folders = [
        by_hand(tmp_path / name / f"seed{seed}", images={"a": None}, miou=0.1, jitter=jitter, random_seed=seed)
        for name, jitter in (("plain", 0.0), ("jitter", 0.3))
        for seed in (2, 0, 1)
    ]
    return read_runs(folders)


def test_groups_have_the_name_of_their_folder_and_the_order_of_their_seeds(six: tuple[Compared, ...]):
    groups = separated(six, [3, 3])
    assert [group.title for group in groups] == ["plain (n = 3)", "jitter (n = 3)"]
    assert [group.seeds for group in groups] == [(0, 1, 2)] * 2


def test_groups_of_one_folder_get_letters(six: tuple[Compared, ...]):
    first, second, third, *_ = six
    assert [group.name for group in separated([first, second, third, first], [2, 2])] == ["plain A", "plain B"]


def test_runs_are_grouped_by_what_differs_below_a_key(six: tuple[Compared, ...]):
    groups = grouped_by(six, ["fit.classifier"])
    assert [group.name for group in groups] == ["fit.classifier.colour_jitter=0.0", "fit.classifier.colour_jitter=0.3"]
    assert [len(group.runs) for group in groups] == [3, 3]


def test_a_class_that_differs_gives_its_name(six: tuple[Compared, ...]):
    for run, name in zip(six[:2], ("CAM", "FGCAM"), strict=True):
        run.record.config["cam"] = {"_target_": f"wsss.cams.{name}"}
    assert [group.name for group in grouped_by(six[:2], ["cam"])] == ["cam=CAM", "cam=FGCAM"]


def test_keys_that_no_run_has_are_refused(six: tuple[Compared, ...]):
    with pytest.raises(StoreError, match="--group-by cam: no run has this option; they have fit, name"):
        grouped_by(six, ["cam"])


def test_runs_in_which_nothing_differs_are_one_group(six: tuple[Compared, ...]):
    (group,) = grouped_by(six[:3], ["fit.classifier.epochs"])
    assert group.title == "plain (n = 3)"
