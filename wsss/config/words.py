"""The words behind `wsss run`: overrides, options of Hydra's, and those that are neither."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wsss.config import suggest
from wsss.errors import ConfigError

COMPLETING: Final = "_ARGCOMPLETE"
"""The variable by which a shell asks what may follow, and which says at which word the program's own begin."""
SWEEP: Final = ("-m", "--multirun")
TAKE_A_VALUE: Final = ("-c", "--cfg", "-p", "--package", "-i", "--info", "-cn", "--config-name", "-cp", "--config-path")
"""Options of Hydra's whose next word is not an override."""
ALONE: Final = (*SWEEP, "--resolve", "-r", "--run", "--hydra-help", "--experimental-rerun")
"""Options of Hydra's that take no value, or theirs behind an `=`."""


def overrides_among(words: Sequence[str]) -> list[str]:
    """Return the words that are not options of Hydra's."""
    pairs = zip(["", *words], words, strict=False)
    return [word for before, word in pairs if not word.startswith("-") and before not in TAKE_A_VALUE]


def check_words(words: Sequence[str], folders: Sequence[Path]) -> None:
    """Refuse a command line that Hydra cannot read, before Hydra is imported.

    Raises one `ConfigError` that says of every word that is neither `key=value` nor an option of Hydra's what was
    probably meant; `folders` are those of the configs.
    """
    if not words:
        raise ConfigError([suggest.for_nothing(folders)])
    problems = []
    before = ""
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if before in TAKE_A_VALUE or option in TAKE_A_VALUE + ALONE:
            pass
        elif word.startswith("-"):
            after = words[place + 1] if place + 1 < len(words) and not equals else value
            problems.append(suggest.for_option(option, "" if after.startswith("-") or "=" in after else after, folders))
        elif not ((equals and option) or word.startswith("~") or _takes_next(before)):
            problems.append(suggest.for_word(word, folders))
        before = word
    if problems:
        raise ConfigError(problems)


def _takes_next(word: str) -> bool:
    """Tell whether a strange option, which was complained of, has its value in the next word."""
    return word.startswith("--") and "=" not in word and word not in ALONE
