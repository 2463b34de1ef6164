"""Progress of a stage on the screen: one bar with a rate and the time that remains, and lines of log."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, runtime_checkable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.segment import Segment
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


console: Final[Console] = _Screen(stderr=False, highlight=False, soft_wrap=True)


@runtime_checkable
class Advance(Protocol):
    """Move a bar on."""

    def __call__(self, count: int = 1, /, *, note: str = "") -> None:
        """Add `count` finished units, and say a few words beside the bar."""
        ...


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {task.fields['unit']}/s")


@contextmanager
def bar(title: str, *, total: int, unit: str, done: int = 0) -> Iterator[Advance]:
    """Show a bar of `total` units, of which `done` were finished before; where there is no terminal, its last state."""
    columns = (
        TextColumn("{task.description:<17}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console, disable=world().rank > 0) as progress:
        task = progress.add_task(title, total=total, completed=done, unit=unit, note="")

        def advance(count: int = 1, /, *, note: str = "") -> None:
            progress.update(task, advance=count, note=note or progress.tasks[0].fields["note"])

        yield advance
