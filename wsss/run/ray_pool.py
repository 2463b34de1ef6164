"""Workers of Ray that make a Map stage's batches: each takes the next one, and a death costs the batches at hand."""

import os
from collections import Counter, deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from wsss.engine.batch import Records
from wsss.engine.log import log_to, logger
from wsss.engine.machine import machine, reset_peak
from wsss.engine.malloc import keep_freed_memory
from wsss.engine.processes import World
from wsss.engine.shard import AHEAD, Hands, Work
from wsss.errors import WsssError, first_line, one_of
from wsss.run.ray_cluster import Capacity
from wsss.run.ray_waiting import Request, Waiting
from wsss.store.manifest import Machine

ATTEMPTS: Final = 3
"""So many deaths over one batch, or in one place of a worker before one is ready there, end the stage."""
EVERY: Final = 0.5
"""Seconds between two looks at whether the stage was asked to finish."""
PATIENCE: Final = 60.0
"""Seconds that workers get to finish the batches at hand; after them a person is told that Ray has no room."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one worker is, and what Ray keeps free for it."""

    cores: int
    gpu: bool
    threads: int
    """Of torch."""

    @property
    def capacity(self) -> Capacity:
        """What a machine has to have for it."""
        return Capacity(cores=self.cores, gpus=int(self.gpu))

    @property
    def at_once(self) -> int:
        """Batches that a worker has at hand: one is read and one is written while a GPU computes."""
        return AHEAD + 1 if self.gpu or self.threads > 1 else 1


class Maker:
    """A worker: what runs in a process of Ray's."""

    def __init__(self, work: Work, asked: Asked, *, number: int, count: int, directory: Path) -> None:
        self._work, self._asked, self._number, self._count = work, asked, number, count
        self._directory = directory
        self._device = torch.device("cuda" if asked.gpu else "cpu")
        self._stack = ExitStack()
        self._hands: Hands | None = None

    def open(self) -> None:
        """Load what all batches need; the worker's log lies beside those of other launchers."""
        os.chdir(self._directory)  # paths of a data set may begin there
        keep_freed_memory()
        torch.set_num_threads(self._asked.threads)
        here = World(rank=self._number, size=self._count)
        self._stack.enter_context(log_to(self._work.folder, world=here, title=f"{self._work.title}, by Ray"))
        reset_peak(self._device)
        self._hands = Hands(self._work, self._device, threads=min(8, self._asked.cores))

    def make(self, batch: Records) -> int:
        """Make a batch and return how many items it has."""
        assert self._hands is not None, "a worker is opened first"
        return self._hands.make(batch)

    def leave(self) -> Machine:
        """Close the log, and return where this was."""
        self._stack.close()
        return machine(self._device)


@dataclass(kw_only=True, eq=False)
class _Worker:
    actor: Any
    attempt: int
    """1, or one more than that of the worker in whose place it is, where that one was never ready.

    Places count apart, since many workers die with a machine.
    """
    batches: dict[Any, Records] = field(default_factory=dict)
    """What it has at hand, by the task."""


class RayPool:
    """So many workers at most; those that Ray has no room for yet are not waited for."""

    def __init__(self, ray: Any, asked: Asked, *, count: int, waiting: Waiting) -> None:
        self._ray, self._asked, self._count = ray, asked, count
        self._waiting = waiting
        self.threads = asked.threads
        self.machine: Machine | None = None
        self._opening: dict[Any, _Worker] = {}
        self._ready: list[_Worker] = []
        self._todo: deque[Records] = deque()
        self._deaths: Counter[Records] = Counter()
        self._started = 0

    def made(self, work: Work, batches: Sequence[Records]) -> Generator[int]:
        """See `Pool`.

        Raises what a worker raised, `WsssError` where workers die again and again, and as `Waiting.look` does.
        """
        self._todo.extend(batches)
        try:
            for _ in range(min(self._count, len(batches))):
                self._start(work)
            waited, request = 0.0, Request(stage=work.title, capacity=self._asked.capacity)
            while self._todo or self._at_hand():
                ended = self._wait()
                idle = not (ended or self._ready)
                could = self._waiting.look([request] if idle else [])
                waited = waited + EVERY if idle and could else 0.0
                if waited == PATIENCE:
                    logger.warning("Ray has had no room for a worker (%r) for a minute: see `ray status`", self._asked)
                counts = [self._end(task, work) for task in ended]
                self._hand_out()
                yield sum(counts)
            self._part()
        except GeneratorExit:
            if tasks := self._at_hand():
                self._ray.wait(tasks, num_returns=len(tasks), timeout=PATIENCE)
            raise
        finally:
            for worker in (*self._ready, *self._opening.values()):
                self._ray.kill(worker.actor)

    def _start(self, work: Work, *, attempt: int = 1) -> None:
        self._started += 1
        actor = (
            self._ray.remote(Maker)
            .options(num_cpus=self._asked.cores, num_gpus=int(self._asked.gpu), max_concurrency=self._asked.at_once)
            .remote(work, self._asked, number=self._started, count=self._count + 1, directory=Path.cwd())
        )
        self._opening[actor.open.remote()] = _Worker(actor=actor, attempt=attempt)

    def _at_hand(self) -> list[Any]:
        return [task for worker in self._ready for task in worker.batches]

    def _wait(self) -> list[Any]:
        tasks = [*self._opening, *self._at_hand()]
        ended, _ = self._ray.wait(tasks, num_returns=1, timeout=EVERY)
        return list(ended)

    def _end(self, task: Any, work: Work) -> int:
        """Take up what a task left, and return how many items it made."""
        opened = self._opening.pop(task, None)
        worker = opened or next((each for each in self._ready if task in each.batches), None)
        if worker is None:  # its worker died with another task
            return 0
        try:
            count = self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            self._bury(worker, error)
            self._start(work, attempt=worker.attempt + 1 if opened else 1)
            return 0
        if opened:
            self._ready.append(worker)
        else:
            del worker.batches[task]
        return count or 0

    def _hand_out(self) -> None:
        """Give batches to whoever has fewest at hand; one more than it makes at once waits there.

        Idle workers are among them: what a lost machine had may find no other room.
        """
        while self._todo and self._ready:
            worker = min(self._ready, key=lambda each: len(each.batches))
            if len(worker.batches) > self._asked.at_once:
                return
            batch = self._todo.popleft()
            worker.batches[worker.actor.make.remote(batch)] = batch

    def _bury(self, worker: _Worker, error: Exception) -> None:
        """Put back what a dead worker had at hand."""
        ready = worker in self._ready
        if ready:
            self._ready.remove(worker)
        lost = list(worker.batches.values())
        self._todo.extendleft(reversed(lost))
        self._deaths.update(lost)
        logger.warning("a worker of Ray died: %d images that it had are made again", sum(map(len, lost)))
        if (not ready and worker.attempt >= ATTEMPTS) or any(self._deaths[batch] >= ATTEMPTS for batch in lost):
            images = [record.id for batch in lost for record in batch]
            at = f" at {one_of(images, limit=5)}" if images else " before it was ready"
            raise WsssError(
                f"a worker of Ray died {ATTEMPTS} times{at}, most likely for want of memory: use fewer "
                "(launcher.map_workers), or take less at once (views.scales); what is finished is kept"
            ) from error

    def _part(self) -> None:
        """Let the workers close their logs, and note where the first was; all is made, whoever dies now."""
        for task in [worker.actor.leave.remote() for worker in self._ready]:
            try:
                left = self._ray.get(task)
            except self._ray.exceptions.RayTaskError as error:
                raise error.cause from error
            except self._ray.exceptions.RayError as error:
                logger.warning("a worker of Ray died after its last image: %s", first_line(error))
            else:
                self.machine = self.machine or left
