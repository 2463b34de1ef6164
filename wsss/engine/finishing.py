"""A first Ctrl-C: what is at hand is finished, and only the second stops it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from wsss.engine.processes import launched
from wsss.engine.progress import console
from wsss.signals import first_interrupt_held

MESSAGE: Final = "finishing this step; again to stop now"
ASKED: Final = ".finish"
"""The file in an artifact's folder by which a launcher asks its workers to finish: a terminal does not reach them."""


@contextmanager
def finishing(folder: Path) -> Iterator[Callable[[], bool]]:
    """Yield what tells whether this process should end after the step at hand, of the artifact in a folder.

    Without a launcher that is a Ctrl-C, which is held back, and raised at the end where nothing else ended the work.
    """
    if launched():
        yield (folder / ASKED).exists
        return
    with first_interrupt_held(_say) as asked:
        yield asked


@contextmanager
def workers_finish(folder: Path) -> Iterator[None]:
    """Hand a first Ctrl-C on to the workers of an artifact, who end together; raise it when they have."""
    asked = folder / ASKED

    def ask() -> None:
        with suppress(OSError):
            asked.touch()
        _say()

    try:
        with first_interrupt_held(ask):
            yield
    finally:
        asked.unlink(missing_ok=True)


def _say() -> None:
    with suppress(OSError):
        console.print(MESSAGE)
