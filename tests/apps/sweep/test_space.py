"""What a search may choose, in Hydra's grammar."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from wsss.apps.sweep.space import Interval, Space
from wsss.errors import ConfigError

RATE = "fit.classifier.learning_rate"


@dataclass
class First:
    """A trial that suggests the first of everything, and keeps what it was asked."""

    asked: list[Any] = field(default_factory=list)

    def suggest_categorical(self, key: str, values: tuple[str, ...]) -> str:
        self.asked.append((key, values))
        return values[0]

    def suggest_float(self, key: str, low: float, high: float, *, log: bool) -> float:
        self.asked.append((key, float, low, high, log))
        return low

    def suggest_int(self, key: str, low: int, high: int, *, log: bool) -> int:
        self.asked.append((key, int, low, high, log))
        return low


def test_lists_and_intervals_are_read_and_suggested():
    words = ["experiment=toy", "cam=cam,fgcam", f"{RATE}=tag(log,interval(0.001,0.1))"]
    space = Space.of([*words, "fit.classifier.epochs=int(interval(1,9))", "views.scales=[1.0]"])
    assert space.fixed == ("experiment=toy", "views.scales=[1.0]")
    assert space.intervals[RATE] == Interval(low=0.001, high=0.1, whole=False, log=True)
    trial = First()
    assert space.suggested(trial) == (*space.fixed, "cam=cam", f"{RATE}=0.001", "fit.classifier.epochs=1")
    assert trial.asked == [
        ("cam", ("cam", "fgcam")),
        (RATE, float, 0.001, 0.1, True),
        ("fit.classifier.epochs", int, 1, 9, False),
    ]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (f"{RATE}=tag(log,interval(0,1))", "an interval by logarithms begins above 0, got 0.0 to 1.0"),
        (f"{RATE}=interval(1,0.5)", "an interval begins below its end, got 1.0 to 0.5"),
        ("cam=cam", "search: there is nothing to choose"),
    ],
)
def test_what_is_no_space_is_refused(word: str, said: str):
    with pytest.raises(ConfigError, match=said):
        Space.of(["experiment=toy", word])
