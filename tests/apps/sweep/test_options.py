"""Words that are about the sweep itself."""

import pytest

from wsss.apps.sweep.options import SweepOptions, divided
from wsss.errors import ConfigError


def test_a_sweeps_own_words_are_taken_out():
    options, rest = divided(["experiment=toy", "jobs=3", "random_seed=0,1"])
    assert options == SweepOptions(jobs=3)
    assert rest == ["experiment=toy", "random_seed=0,1"]
    assert divided(["ray.address=auto"])[0].ray_address == "auto"
    assert divided(["ray.address=auto", "ray.wait_minutes=0.5"])[0].ray_wait_minutes == 0.5
    assert divided(["ray.address=auto", "ray.wait_minutes=null"])[0].ray_wait_minutes is None
    assert divided(["search=optuna", "trials=3"])[0].asked == ["search=optuna", "seeds=1"]
    assert divided(["cam=cam"]) == (SweepOptions(), ["cam=cam"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs=many"], "jobs: input should be a valid integer, got 'many'"),
        (["jobs=0"], "jobs: must be at least 1, got 0"),
        (["jobs=1", "jobs=2"], "jobs: it is given twice: jobs=2"),
        (["ray.address=3"], "ray.address: input should be a valid string, got 3; in quotes a number is a text"),
        (["search=grid"], "search: input should be 'optuna', got 'grid'"),
        (["seeds=3"], "trials and seeds belong to search=optuna; a grid takes random_seed=0,1,2"),
        (["search=optuna", "trials=0"], "trials: must be at least 1, got 0"),
        (["slurm.cpus=0"], "slurm.cpus: must be at least 1, got 0"),
        (["slurm.cluster=local", "ray.address=auto"], "ray.address and slurm.cluster: choose one of them"),
        (
            ["ray.address=auto", "ray.wait_minutes=0"],
            "ray.wait_minutes: must be above 0, or null to wait for ever, got 0",
        ),
        (["ray.wait_minutes=5"], "ray.wait_minutes belongs to ray.address: leave it out"),
        (["jobs=["], "jobs=[: the value cannot be read"),
    ],
)
def test_a_wrong_value_is_refused(words: list[str], said: str):
    with pytest.raises(ConfigError) as refused:
        divided(words)
    assert str(refused.value) == said


@pytest.mark.parametrize("word", ["ray.address=", "jobs=", "slurm.cluster= "])
def test_an_empty_value_is_refused(word: str) -> None:
    """As of a shell's variable that is not set: the sweep ran on this machine, in silence."""
    with pytest.raises(ConfigError, match="the value is empty: write one, or null, or leave the key out"):
        divided([word])
    assert divided(["ray.address=null"])[0].ray_address is None
