"""The user's mistakes: each message names the thing that is wrong and what to do about it."""

from collections.abc import Sequence
from typing import ClassVar, Final


class WsssError(ValueError):
    """Base of every error that a user can mend; the commands print it as one line, without a traceback."""

    exit_code: ClassVar[int] = 2
    """The exit code of a command that this error ends."""


class ConfigError(WsssError):
    """One or more wrong config values; `problems` holds a line for each, with its dotted key."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


class DataError(WsssError):
    """A data set, image, mask or label file that cannot be used as it is."""


class FileError(DataError):
    """A file that cannot be used: its `path`, and the `complaint`, which is what is wrong with it and the remedy.

    The path may also be a member of an archive, whose words name both.
    """

    def __init__(self, path: object, complaint: str = "") -> None:
        # Torch makes the errors of its loaders' processes anew from their message alone.
        self.path = path
        self.complaint = complaint
        super().__init__(path, complaint)

    def __str__(self) -> str:
        return f"{self.path} {self.complaint}".strip()


class ModelError(WsssError):
    """A network that cannot do what is asked of it: a method, a block, a stride or a checkpoint that does not fit."""


class StoreError(WsssError):
    """An artifact that is missing, torn or of another version."""


class LostError(WsssError):
    """The machines of a command are lost: its words are right, and the same command may be run again."""

    exit_code = 1


class NewerError(StoreError):
    """A record that a newer version of wsss wrote."""


class OutsideError(StoreError, DataError):
    """A name in a file that leads out of the folder that the file belongs to."""


def one_of(names: Sequence[str], *, limit: int = 40) -> str:
    """List `names` for an error message, cut after `limit` of them."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def plural(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> plural(1, "image"), plural(2, "image")
    ('1 image', '2 images')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_CONTROL: Final = {
    code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
}


def printable(text: str) -> str:
    """Return a text for a terminal: control characters, by which a name could command it, are replaced."""
    return text.translate(_CONTROL)


def on_one_line(text: str) -> str:
    """Return a text without line breaks, which a name may hold: these are replaced."""
    return text.replace("\n", "\N{REPLACEMENT CHARACTER}")


def brief(text: str, *, limit: int = 100) -> str:
    """Quote a name for an error message, cut after `limit` letters.

    >>> brief("a" * 12, limit=4)
    "'aaaa'... (12 letters)"
    """
    return repr(text) if len(text) <= limit else f"{text[:limit]!r}... ({len(text):,} letters)"


def first_line(error: BaseException) -> str:
    """Return the first line of what a library says of an error, or the error's kind where it says nothing.

    Torch's advice to load a file that it refuses by `weights_only=False`, which runs the file's code, is not passed on.
    """
    if "weights_only" in str(error):
        return "it holds more than tensors, or is a file of another kind"
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
