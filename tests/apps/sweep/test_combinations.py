"""Words with several values become the words of runs."""

import pytest

from wsss.apps.sweep.combinations import combinations
from wsss.errors import ConfigError


def test_every_combination_is_a_run_and_the_last_key_changes_first():
    runs = combinations(["experiment=toy", "random_seed=0,1", "cam=cam,fgcam"])
    assert runs == [
        ("experiment=toy", f"random_seed={seed}", f"cam={cam}") for seed in (0, 1) for cam in ("cam", "fgcam")
    ]


def test_ranges_globs_and_lists_are_hydras():
    assert combinations(["random_seed=range(2)"]) == [("random_seed=0",), ("random_seed=1",)]
    assert len(combinations(["refine=glob(crf_*)"])) > 2
    assert combinations(["views.scales=[1.0,2.0]"]) == [("views.scales=[1.0,2.0]",)]


def test_an_interval_is_refused():
    with pytest.raises(ConfigError, match=r"random_seed=interval\(0,1\): an interval has no end of values"):
        combinations(["random_seed=interval(0,1)"])


def test_a_value_that_stands_there_twice_is_refused():
    with pytest.raises(
        ConfigError, match="random_seed=0,1,0: random_seed=0 stands there twice: one run would count as"
    ):
        combinations(["random_seed=0,1,0"])


@pytest.mark.parametrize("other", ["random_seed=2,3", "random_seed=2"])
def test_a_key_with_several_values_is_given_once(other: str):
    with pytest.raises(ConfigError, match="random_seed=0,1: random_seed is given more than once, and a run has one"):
        combinations(["random_seed=0,1", other])
