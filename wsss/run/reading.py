"""Files outside the store: what of them a plan knows already, and reads where it does not."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wsss.engine.progress import bar, console
from wsss.engine.stage import Stage
from wsss.errors import DataError, on_one_line, one_of
from wsss.store.digests import Digests
from wsss.store.fingerprint import contents
from wsss.store.sources import NAMED, Outside

Known = dict[tuple[Path, ...], str | None]
"""Digests of files and folders; None for what was never read, has changed or is not there."""


def known_of(stages: Iterable[Stage], digests: Digests) -> Known:
    """Return what is known of all that stages depend on, with one look at each file."""
    try:
        every = dict.fromkeys(sources for stage in stages for sources in contents(stage).values())
    except DataError:
        return {(): None}
    return {sources: digests.known(sources) for sources in every}


def outside_of(stage: Stage, digests: Digests, known: Known) -> list[Outside]:
    """Read what a stage depends on and is not known, which it is then, and say what has changed since it was."""
    found = []
    for key, sources in contents(stage).items():
        digest = known.get(sources)
        if digest is None:
            known[sources] = digest = digests.of(sources)
            if digests.changed:
                named = one_of([str(path) for path in digests.changed], limit=NAMED)
                said = f"{key} changed since it was last read: {named}. What depends on it is made anew."
                console.print(on_one_line(said))
        found.append(Outside(key=key, sources=sources, digest=digest))
    return found


@contextmanager
def shown(count: int) -> Iterator[Callable[[], object]]:
    """Say how many files are read, before the first of them is, and then how far that is."""
    console.print(f"reading {count:,} files that are new, or have changed since they were read")
    with bar("reading", total=count, unit="files") as advance:
        yield advance
