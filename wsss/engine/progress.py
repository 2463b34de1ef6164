"""Progress of a stage on the screen: one bar with a rate and the time that remains, or a line a minute."""

import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.segment import Segment
from rich.table import Column
from rich.text import Text

from wsss.engine.processes import world
from wsss.errors import printable


class _Screen(Console):
    """Rich's console, but for control characters of texts, such as names of files: they are not sent to a terminal."""

    def on_broken_pipe(self) -> None:
        """Leave it to the command: rich would end the process, whatever that is in the middle of."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """See `Console`."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


console: Final[Console] = _Screen(stderr=False, highlight=False, soft_wrap=True, markup=False, emoji=False)
"""Names are printed as they are: `[red]` is not a colour, `:cat:` not a picture."""


@runtime_checkable
class Advance(Protocol):
    """Move a bar on."""

    def __call__(self, count: int = 1, /, *, note: str = "") -> None:
        """Add `count` finished units, and say a few words beside the bar."""
        ...


PROGRESS: Final = "WSSS_PROGRESS"
"""The variable that names a file in which whoever started a process reads how far it is."""
EVERY: Final = 60.0
"""Seconds between two lines where there is no terminal, such as in the log of a queue."""


class Rate(ProgressColumn):
    """How fast a task is: units a second, or seconds a unit where that is more than one."""

    def render(self, task: Task) -> Text:
        """See rich."""
        return Text(_rate(task))


class Times(ProgressColumn):
    """How long a task takes yet, or took in all."""

    def render(self, task: Task) -> Text:
        """See rich."""
        return Text(_times(task))


def _rate(task: Task) -> str:
    unit, speed = task.fields["unit"], task.finished_speed or task.speed
    if not speed:
        return ""
    return f"{speed:.1f} {unit}/s" if speed >= 1 else f"{1 / speed:.1f} s/{unit.removesuffix('s')}"


def _times(task: Task) -> str:
    if task.finished:
        return f"{_clock(task.finished_time or 0.0)} in all"
    return "" if task.time_remaining is None else f"{_clock(task.time_remaining)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@contextmanager
def bar(title: str, *, total: int, unit: str, done: int = 0) -> Iterator[Advance]:
    """Show a bar of `total` units, of which `done` were finished before.

    Where there is no terminal, a line a minute says how far it is, and one at the end.
    """
    columns = (
        TextColumn("{task.description:<17}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        Rate(table_column=Column(no_wrap=True)),
        Times(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=console, disable=world().rank > 0) as progress:
        number = progress.add_task(title, total=total, completed=done, unit=unit, note="")
        task = progress.tasks[0]
        tell = _told(task)
        silent = not progress.disable and not console.is_terminal
        said = time.monotonic()

        def advance(count: int = 1, /, *, note: str = "") -> None:
            nonlocal said
            progress.update(number, advance=count, note=note or task.fields["note"])
            tell()
            if silent and not task.finished and time.monotonic() - said >= EVERY:
                said = time.monotonic()
                console.print(_line(task))

        yield advance


def _told(task: Task) -> Callable[[], None]:
    """Return what writes down how far a task is, each second at most, where somebody asks for that."""
    place = os.environ.get(PROGRESS)
    if place is None or world().rank > 0:
        return lambda: None
    path, written = Path(place), 0.0

    def tell() -> None:
        nonlocal written
        if time.monotonic() - written < 1 and not task.finished:
            return
        written = time.monotonic()
        told = {"title": task.description, "done": task.completed, "total": task.total, "rate": _rate(task)}
        hidden = path.with_name(f".{path.name}.{os.getpid()}")
        hidden.write_text(json.dumps({**told, "left": task.time_remaining}), encoding="utf-8")
        hidden.replace(path)

    return tell


def _line(task: Task) -> str:
    """Return how far a task is in a line of a log."""
    parts = (f"{task.completed:.0f}/{task.total:.0f}", _rate(task), _times(task), task.fields["note"])
    return "  ".join(part for part in (task.description, *parts) if part)
