"""Options of Lightning's Trainer: what is refused."""

from typing import Any

import pytest

from wsss.training.trainer_options import TrainerOptions, TrainerRuntime


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_checkpoints_are_kept_at_a_time_that_comes(seconds: float):
    with pytest.raises(ValueError, match="checkpoint_seconds must not be negative, or null"):
        TrainerRuntime(checkpoint_seconds=seconds)


@pytest.mark.parametrize(
    ("make", "changes", "said"),
    [
        (TrainerOptions, {"validate_every": 0}, "validate_every must be at least 1, got 0"),
        (TrainerRuntime, {"log_every": 0}, "log_every must be at least 1, or null; got 0"),
    ],
)
def test_counts_begin_at_one(make: Any, changes: dict[str, int], said: str):
    with pytest.raises(ValueError, match=said):
        make(**changes)
