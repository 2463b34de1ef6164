"""The wait for a machine of a Ray cluster that could do what is asked, and its end."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from wsss.draw.numbers import duration
from wsss.errors import LostError, one_of, plural
from wsss.run.ray_cluster import Capacity, living_machines

MINUTES: Final = 10.0
"""How long a command waits unless an option says otherwise: a scheduler may bring a machine back."""
EVERY: Final = 2.0
"""Seconds between two looks at the machines."""
AGAIN: Final = 60.0
"""Seconds between two lines that say for how long it has been waiting."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a stage asks of one machine."""

    stage: str
    capacity: Capacity


def refuse_wait(minutes: float | None, *, name: str) -> None:
    """Raise `ValueError` for a time that is not above 0."""
    if minutes is not None and not minutes > 0:
        raise ValueError(f"{name}: must be above 0, or null to wait for ever, got {minutes:g}")


class Waiting:
    """Says when no machine of a cluster could do what is asked, and for how long; ends the wait after a time."""

    def __init__(self, ray: Any, *, minutes: float | None, key: str, say: Callable[[str], object]) -> None:
        """Wait for `minutes` at most, which the option `key` sets; for ever where they are None."""
        self._ray, self._minutes, self._key, self._say = ray, minutes, key, say
        self._machines = living_machines(ray)
        self._looked = monotonic()
        self._since: float | None = None
        self._said, self._said_at = "", 0.0

    def could(self, asked: Capacity) -> bool:
        """Tell whether a machine that was alive at the last look is large enough, busy or not."""
        return any(machine.holds(asked) for machine in self._machines)

    def look(self, asked: Collection[Request]) -> bool:
        """Tell whether a machine could do some of what is asked; so it is where nothing is asked.

        Raises `LostError` once no machine could for the whole time.
        """
        now = monotonic()
        if asked and now - self._looked >= EVERY:
            self._looked, self._machines = now, living_machines(self._ray)
        lost = [each for each in asked if not self.could(each.capacity)]
        if lost and len(lost) == len(asked):
            self._since = now if self._since is None else self._since
            self._tell(lost, now=now, waited=now - self._since)
            return False
        if lost:
            self._tell(lost, now=now, waited=None)
        elif self._said:
            waited = "" if self._since is None else f", after {duration(now - self._since)}"
            self._say(f"Ray has such a machine again{waited}")
            self._said = ""
        self._since = None
        return True

    def _tell(self, lost: Iterable[Request], *, now: float, waited: float | None) -> None:
        missing = f"Ray has no machine for {_listed(lost)}; alive: {_counted(self._machines)}"
        if waited is not None and self._minutes is not None and waited >= self._minutes * 60:
            raise LostError(
                f"{missing}; waited {duration(waited)} ({self._key}). What is finished is kept: start a machine and "
                "run the same command again, which goes on with what the cluster has then"
            )
        if self._said != missing or (waited is not None and now - self._said_at >= AGAIN):
            self._said, self._said_at = missing, now
            self._say(f"{missing}. {self._until(waited)}")

    def _until(self, waited: float | None) -> str:
        if waited is None:
            return "The rest goes on"
        most = "for ever" if self._minutes is None else f"for {duration(self._minutes * 60)} at most"
        return f"Waiting {most} ({self._key}), {duration(waited)} so far"


def _listed(lost: Iterable[Request]) -> str:
    return one_of(list(dict.fromkeys(f"{each.stage} ({each.capacity})" for each in lost)), limit=3)


def _counted(machines: Iterable[Capacity]) -> str:
    counts = Counter(map(str, machines)).most_common()
    return one_of([f"{plural(count, 'machine')} with {has}" for has, count in counts], limit=5) or "none"
