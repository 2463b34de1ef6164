"""Lists in options: names joined by commas, and pairs of an option that is given several times."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from wsss.errors import ConfigError, one_of

MANY: Final = 40
"""Up to so many known names are all listed where one is not known."""
SHOWN: Final = 20
"""Of more, so many at most of those that contain it are listed."""
NO_SYNONYMS: Final[Mapping[str, str]] = MappingProxyType({})

V = TypeVar("V")


def listed(text: str) -> tuple[str, ...]:
    """Return names that are joined by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def names_in(
    text: str, *, known: Sequence[str], key: str, synonyms: Mapping[str, str] = NO_SYNONYMS
) -> tuple[str, ...]:
    """Return names that are joined by commas, each once; a name that has a comma itself can stand alone.

    `synonyms` are other words for known names, in lower case. Raises `ConfigError` for every name that is not known,
    with `key` and the known ones: of many, those that contain it, if there are any.
    """
    words = (text,) if text in known else listed(text)
    names = tuple(dict.fromkeys(word if word in known else synonyms.get(word.lower(), word) for word in words))
    problems = [f"{key}: there is no {name!r}; {_near(name, known)}" for name in names if name not in known]
    if problems or not names:
        raise ConfigError(problems or [f"{key}: names none; there are: {one_of(known)}"])
    return names


def as_mapping(pairs: Iterable[tuple[str, V]], *, key: str) -> dict[str, V]:
    """Return pairs of an option as a mapping; raises `ConfigError` for a name that has two values."""
    values: dict[str, V] = {}
    problems = []
    for name, value in pairs:
        if values.setdefault(name, value) != value:
            problems.append(f"{key}: {name} is given as {values[name]} and as {value}: keep one of them")
    if problems:
        raise ConfigError(problems)
    return values


def _near(name: str, known: Sequence[str]) -> str:
    near = [each for each in known if name.lower() in each.lower()] if len(known) > MANY else []
    return f"names with it are: {one_of(near, limit=SHOWN)}" if near else f"there are: {one_of(known)}"
