"""The space that words span: a list of values or an interval for each key, in Hydra's grammar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep

from wsss.apps.sweep.combinations import Words
from wsss.config.compose import composing
from wsss.errors import ConfigError

LOG: Final = "log"
"""The tag of an interval whose values are drawn by their logarithms: `tag(log,interval(0.001,0.1))`."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Numbers from `low` to `high`, whole ones or not, drawn evenly or by their logarithms."""

    low: float
    high: float
    whole: bool
    log: bool

    @classmethod
    def of(cls, interval: IntervalSweep, *, key: str) -> "Interval":
        """Read Hydra's; raises `ConfigError` for one that has no logarithms or no numbers."""
        low, high, log = interval.start, interval.end, LOG in interval.tags
        assert low is not None
        assert high is not None
        if low > high or (log and low <= 0):
            said = "an interval by logarithms begins above 0" if low <= high else "an interval begins below its end"
            raise ConfigError([f"{key}: {said}, got {low} to {high}"])
        return cls(low=low, high=high, whole=isinstance(low, int) and isinstance(high, int), log=log)


@dataclass(frozen=True, kw_only=True)
class Space:
    """What a search may choose, and the words that all runs share."""

    fixed: Words
    choices: dict[str, tuple[str, ...]]
    intervals: dict[str, Interval]

    @classmethod
    def of(cls, overrides: Sequence[str]) -> "Space":
        """Read words; raises `ConfigError` where there is nothing to choose, and for an interval that is none."""
        fixed, choices, intervals = [], dict[str, tuple[str, ...]](), dict[str, Interval]()
        with composing() as loader:
            parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
            for text, override in zip(overrides, parsed, strict=True):
                key, value = str(override.get_key_element()), override.value()
                if isinstance(value, IntervalSweep):
                    intervals[key] = Interval.of(value, key=key)
                elif override.is_sweep_override():
                    choices[key] = tuple(override.sweep_string_iterator())
                else:
                    fixed.append(text)
        if not choices and not intervals:
            raise ConfigError(["search: there is nothing to choose: give values or intervals, key=interval(0.01,0.1)"])
        return cls(fixed=tuple(fixed), choices=choices, intervals=intervals)

    @property
    def first(self) -> Words:
        """The words of a run with the first value of each choice and the lower end of each interval."""
        chosen = [f"{key}={values[0]}" for key, values in self.choices.items()]
        return (*self.fixed, *chosen, *(f"{key}={interval.low}" for key, interval in self.intervals.items()))

    def suggested(self, trial: Any) -> Words:
        """Return the words of a run with what an Optuna trial suggests."""
        chosen = [f"{key}={trial.suggest_categorical(key, values)}" for key, values in self.choices.items()]
        for key, interval in self.intervals.items():
            suggest = trial.suggest_int if interval.whole else trial.suggest_float
            chosen.append(f"{key}={suggest(key, interval.low, interval.high, log=interval.log)}")
        return (*self.fixed, *chosen)
