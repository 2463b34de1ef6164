"""The folder of a sweep: what was asked, in `sweep.yaml`, its runs by their numbers, and the files of its nodes."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from filelock import FileLock, Timeout
from pydantic import Field

from wsss.apps.sweep.combinations import Words
from wsss.errors import ConfigError, StoreError
from wsss.store.schema import Strict, Text
from wsss.store.texts import read_yaml, write_yaml

FORMAT: Final = 1
"""Version of what is written here."""
SWEEPS: Final = Path("outputs", "sweeps")
RECORD: Final = "sweep.yaml"
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
RESERVED: Final = ("ls",)
REMEDY: Final = "take another name for a new sweep"


class Asked(Strict):
    """What `sweep.yaml` holds: the words of the command, and those of every run so far."""

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    words: tuple[Text, ...]
    runs: dict[str, tuple[Text, ...]]
    """By number."""


@dataclass(frozen=True, kw_only=True)
class SweepFolder:
    """One sweep's files."""

    path: Path

    @classmethod
    def named(cls, name: str) -> "SweepFolder":
        """Return the folder of a sweep; raises `ConfigError` for a name that is not one."""
        if not NAME.fullmatch(name) or name in RESERVED:
            said = "letters, digits, dots, dashes and underscores, and begin with a letter or digit"
            raise ConfigError(
                [f"{name[:80]!r} is not a name for a sweep: names are made of {said}: wsss sweep NAME key=value"]
            )
        return cls(path=SWEEPS / name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder; raises `StoreError` where another process does."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StoreError(f"{self.path} is at work already: see `wsss sweep ls {self.path.name}`") from error
        try:
            yield
        finally:
            lock.release()

    def asked(self) -> Asked:
        """Read what was asked; raises `StoreError` where that cannot be read."""
        return read_yaml(self.path / RECORD, Asked, remedy=REMEDY)

    def runs(self) -> dict[int, Words]:
        """Return the words of every run so far, by number."""
        if not (self.path / RECORD).exists():
            return {}
        return {int(number): words for number, words in self.asked().runs.items()}

    def refuse_other(self, words: Sequence[str]) -> None:
        """Raise `ConfigError` where the folder is that of a sweep of other words."""
        if (self.path / RECORD).exists() and (before := list(self.asked().words)) != list(words):
            said = f"{self.path} holds the sweep of other words: {' '.join(before)}"
            raise ConfigError([f"{said}. Repeat these, or {REMEDY}: what both need is made once"])

    def write(self, words: Sequence[str], runs: dict[int, Words]) -> None:
        """Write what was asked, and of which words each run is."""
        named = {str(number): tuple(own) for number, own in runs.items()}
        asked = Asked(format=FORMAT, words=tuple(words), runs=named)
        write_yaml(self.path / RECORD, asked.model_dump(mode="json"))


def names_of_sweeps() -> list[str]:
    """Return the names of the sweeps here, sorted."""
    return sorted(path.parent.name for path in SWEEPS.glob(f"*/{RECORD}"))
