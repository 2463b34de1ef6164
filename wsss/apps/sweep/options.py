"""Words of `wsss sweep` that are about the sweep itself; all others are those of `wsss run`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import yaml

from wsss.config.build import TARGET, build
from wsss.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """How a sweep is made. None of it changes the result of a stage."""

    jobs: int | None = None
    """Stages that are made at once here; without it one a GPU and one more, or one where there is no GPU."""

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"jobs: must be at least 1, got {self.jobs}")


KEYS: Final = tuple(field.name for field in fields(SweepOptions))


def divided(words: Sequence[str]) -> tuple[SweepOptions, list[str]]:
    """Return the options of a sweep among words, and the words that are for its runs.

    Raises `ConfigError` for a value of another type, and for a key that is given twice.
    """
    given: dict[str, Any] = {TARGET: f"{SweepOptions.__module__}.{SweepOptions.__name__}"}
    rest = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in KEYS:
            rest.append(word)
        elif key in given:
            raise ConfigError([f"{key}: it is given twice: {word}"])
        else:
            given[key] = _plain(word, value)
    try:
        return build(given, SweepOptions), rest
    except ConfigError as error:
        raise ConfigError([problem.removeprefix(": ") for problem in error.problems]) from error


def _plain(word: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError([f"{word}: the value cannot be read"]) from error
