"""Runs of a sweep as they are planned: composed once, with the fingerprints of all their stages."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wsss.apps.sweep.combinations import Words
from wsss.config.compose import as_typed, composed, resolved
from wsss.engine.progress import bar
from wsss.errors import ConfigError, WsssError
from wsss.run.command import build_stages, look_for_data
from wsss.run.pipeline import prepare
from wsss.run.plan import Step
from wsss.run.ray_launcher import RayWorkers
from wsss.store.digests import Digests
from wsss.store.store import Store
from wsss.training.loggers.options import LoggerOptions

GROUP = "group"
"""The option of a logger by which runs stand together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedRun:
    """One run of a sweep."""

    number: int
    words: Words
    """What to type for this run alone, after `wsss run`."""
    config: Mapping[str, Any]
    steps: tuple[Step, ...]
    workers: int
    """Processes that share a training."""
    logger: LoggerOptions

    @property
    def folder(self) -> Path:
        """The run's own folder."""
        return Path(self.config["out"])

    @cached_property
    def store(self) -> Store:
        """Where its artifacts are kept."""
        return Store.at(self.config["store"])

    @property
    def command(self) -> str:
        """The command of this run alone."""
        return shlex.join(["wsss", "run", *self.words])


class Digested(Digests):
    """Digests of a sweep: whatever several runs read is looked at once."""

    def __init__(self, cache: Path) -> None:
        super().__init__(cache)
        self._seen: dict[tuple[Path, ...], str] = {}

    def of(self, sources: Iterable[Path]) -> str:
        """See `Digests`."""
        key = tuple(sources)
        if key in self._seen:
            self.changed = []
        else:
            self._seen[key] = super().of(key)
        return self._seen[key]

    def known(self, sources: Iterable[Path]) -> str | None:
        """See `Digests`."""
        key = tuple(sources)
        return self._seen[key] if key in self._seen else super().known(key)


class Planner:
    """Plans runs of a sweep into numbered folders below its own."""

    def __init__(self, sweep: Path) -> None:
        self.sweep = sweep
        self._digests: dict[Store, Digested] = {}

    def planned(self, every: Sequence[Words], *, first: int = 1) -> list[PlannedRun]:
        """Plan runs, numbered from `first` on.

        Raises one `ConfigError` with the problems of all, each once, with the words of the first run that has it.
        """
        problems: dict[str, str] = {}
        runs = []
        with bar("planning", total=len(every), unit="runs") as advance:
            for number, words in enumerate(every, start=first):
                try:
                    runs.append(self.one(words, number=number))
                except ConfigError as error:
                    for problem in error.problems:
                        problems.setdefault(problem, shlex.join(words))
                except WsssError as error:
                    problems.setdefault(str(error), shlex.join(words))
                advance()
        if problems:
            raise ConfigError([f"{problem} (in {words})" for problem, words in problems.items()])
        return runs

    def one(self, words: Words, *, number: int) -> PlannedRun:
        """Plan one run; raises a `WsssError` with everything that is wrong with it."""
        config = composed(words, build=build_stages)
        try:
            plain = {**resolved(config), "out": str(self.sweep / str(number))}
            if GROUP in (plain["logger"] or {}) and not any(word.startswith("logger.group=") for word in words):
                plain = _grouped(plain, self.sweep.name)
            look_for_data(plain)
            store = Store.at(plain["store"])
            digests = self._digests.setdefault(store, Digested(store.digests))
            steps, launcher, logger = prepare(plain, digests=digests)
        except ConfigError as error:
            raise ConfigError(as_typed(error.problems, config)) from error
        if isinstance(launcher, RayWorkers):
            remedy = "leave it out, and give whole stages to Ray with ray.address=auto"
            raise ConfigError([f"launcher=ray: each stage of a sweep would ask for all of a cluster: {remedy}"])
        return PlannedRun(
            number=number, words=words, config=plain, steps=steps, workers=launcher.workers, logger=logger
        )


def _grouped(config: dict[str, Any], group: str) -> dict[str, Any]:
    """Put a run, and all its trainings, into one group of the logger's."""
    logger = {**config["logger"], GROUP: group}

    def changed(node: Any) -> Any:
        if node == config["logger"]:
            return logger
        return {key: changed(value) for key, value in node.items()} if isinstance(node, dict) else node

    return {key: changed(value) for key, value in config.items()}
