"""The runs that words with several values stand for: every combination, the last key's values changing first."""

from collections import Counter
from collections.abc import Sequence
from itertools import product

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep

from wsss.config.compose import composing
from wsss.errors import ConfigError

Words = tuple[str, ...]
"""The words of one run."""


def combinations(overrides: Sequence[str]) -> list[Words]:
    """Return the words of every run; they were checked before, see `wsss.config.compose.composed`.

    Raises `ConfigError` for an interval, which has no end of values, and for a value or a key with several values that
    stands there twice: a mean over equal runs looks surer than it is.
    """
    with composing() as loader:
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
        choices, problems = [], []
        keys = Counter(override.get_key_element() for override in parsed)
        for text, override in zip(overrides, parsed, strict=True):
            if not override.is_sweep_override():
                choices.append([text])
            elif isinstance(override.value(), IntervalSweep):
                problems.append(f"{text}: an interval has no end of values: name some, such as key=0.01,0.1")
            elif keys[key := override.get_key_element()] > 1:
                problems.append(
                    f"{text}: {key} is given more than once, and a run has one value: name all of them at once"
                )
            else:
                choices.append([f"{key}={each}" for each in override.sweep_string_iterator()])
                twice = [word for word, count in Counter(choices[-1]).items() if count > 1]
                problems += [f"{text}: {word} stands there twice: one run would count as two" for word in twice]
    if problems:
        raise ConfigError(problems)
    return [tuple(words) for words in product(*choices)]
