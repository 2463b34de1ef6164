"""The engine of a Ray cluster: each node is a task with cores and GPUs, wherever Ray has them."""

from dataclasses import dataclass
from time import sleep
from typing import Any, Final

from wsss.apps.sweep.engine import Ending, Engine, said_of
from wsss.apps.sweep.graph import Key, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.remote import ATTEMPTS, PATIENCE, RemoteNode, make_remote
from wsss.engine.progress import console
from wsss.errors import first_line
from wsss.run.ray_cluster import Capacity, Resources, connected
from wsss.run.ray_waiting import MINUTES, Request, Waiting

KEY: Final = "ray.address"


@dataclass(frozen=True, kw_only=True)
class _Task:
    ref: Any
    """What Ray knows it by."""
    request: Request
    folder: NodeFolder


class OnRay(Engine):
    """Tasks of Ray. A worker or a machine that dies is Ray's to replace: the node goes on from what it left."""

    def __init__(self, *, address: str, jobs: int | None = None, minutes: float | None = MINUTES) -> None:
        self._ray = connected(address, key=KEY)
        there = Resources.of(self._ray)
        self._gpus = there.gpus
        self._jobs = jobs or there.gpus or there.machines
        self._cores = there.share(self._jobs)
        self._tasks: dict[Key, _Task] = {}
        self._waiting = Waiting(self._ray, minutes=minutes, key="ray.wait_minutes", say=_say)
        self._make = self._ray.remote(make_remote)

    @property
    def width(self) -> int:
        """See `Engine`."""
        return self._jobs

    def has_room(self, node: Node) -> bool:
        """See `Engine`; one task more than there are jobs may queue, so that Ray is never idle.

        Tasks that no machine could make are counted apart: they take no room from the others.
        """
        could = self._waiting.could(self._asked(node))
        alike = [task for task in self._tasks.values() if self._waiting.could(task.request.capacity) == could]
        return len(alike) <= self._jobs

    def take(self, node: Node, folder: NodeFolder) -> str:
        """See `Engine`."""
        asked, name = self._asked(node), node.step.name
        ref = self._make.options(name=name, num_cpus=asked.cores, num_gpus=asked.gpus, max_retries=ATTEMPTS).remote(
            RemoteNode.of(node, folder, cores=asked.cores)
        )
        self._tasks[node.key] = _Task(ref=ref, request=Request(stage=name, capacity=asked), folder=folder)
        return f" on Ray with {asked}"

    def wait(self, seconds: float) -> None:
        """See `Engine`; raises as `Waiting.look` does."""
        self._waiting.look([task.request for task in self._tasks.values()])
        if self._tasks:
            self._ray.wait([task.ref for task in self._tasks.values()], num_returns=1, timeout=seconds)
        else:
            sleep(seconds)

    def ended(self) -> list[Ending]:
        """See `Engine`."""
        if not self._tasks:
            return []
        refs = [task.ref for task in self._tasks.values()]
        ended, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        endings = []
        for key, task in list(self._tasks.items()):
            if task.ref in ended:
                del self._tasks[key]
                endings.append(Ending(key=key, problem=self._problem(task)))
        return endings

    def stop(self) -> None:
        """See `Engine`."""
        refs = [task.ref for task in self._tasks.values()]
        for ref in refs:
            self._ray.cancel(ref)
        if refs:
            self._ray.wait(refs, num_returns=len(refs), timeout=PATIENCE)
        self._tasks.clear()

    def _asked(self, node: Node) -> Capacity:
        gpus = min(node.run.workers, self._gpus) if node.step.stage.takes_gpu else 0
        return Capacity(cores=self._cores, gpus=gpus)

    def _problem(self, task: _Task) -> str | None:
        log = task.folder.log
        try:
            return said_of(task.folder, self._ray.get(task.ref))
        except self._ray.exceptions.RayTaskError as error:  # whose own first line names a process alone
            return f"Ray could not make it: {type(error.cause).__name__}: {first_line(error.cause)}; see {log}"
        except self._ray.exceptions.RayError as error:
            return f"Ray could not make it: {first_line(error)}; see {log}"


def _say(text: str) -> None:
    console.print(f"warning: {text}")
