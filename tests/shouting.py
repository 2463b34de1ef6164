"""What tests have done in other processes, in a module that these can import."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Shouter:
    """Writes what it is given, with an exclamation mark, and notes in a file that it was opened."""

    log: Path
    fails_at: str = ""

    def open(self) -> Callable[[Path, str], None]:
        with self.log.open("a", encoding="utf-8") as file:
            file.write("opened\n")

        def write(path: Path, result: str) -> None:
            if self.fails_at == result:
                raise ZeroDivisionError
            path.write_text(f"{result}!", encoding="utf-8")

        return write


_noted: list[tuple[object, ...]] = []


def remember(*given: object) -> None:
    """Note what a process was begun with."""
    _noted.append(given)


def noted() -> list[tuple[object, ...]]:
    """What was noted in this process."""
    return _noted
