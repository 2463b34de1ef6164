"""The engine of one machine: processes here, each with GPUs of its own."""

import os
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import wait
from time import sleep
from typing import Final

import torch

from wsss.apps.sweep.child import GPUS
from wsss.apps.sweep.engine import Ending, Engine, said_of, told
from wsss.apps.sweep.graph import Key, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.warm import Warm
from wsss.engine.processes import world

ATTEMPTS: Final = 3
"""How often a node is begun whose process is killed, by the kernel that has no memory left or by a person."""


@dataclass(frozen=True, kw_only=True)
class _Child:
    node: Node
    folder: NodeFolder
    process: Warm
    gpus: tuple[str, ...]


class Local(Engine):
    """So many processes at once, and a node that wants GPUs only while there are free ones."""

    def __init__(self, *, jobs: int | None = None, gpus: tuple[str, ...] | None = None) -> None:
        self._free = list(visible_gpus() if gpus is None else gpus)
        self._all = len(self._free)
        self._jobs = jobs or (self._all + 1 if self._all else 1)
        self._cores = None if self._jobs == 1 else max(1, world().cores // self._jobs)
        self._children: dict[Key, _Child] = {}
        self._waiting: list[Warm] = []
        self._deaths: Counter[Key] = Counter()

    @property
    def width(self) -> int:
        """See `Engine`."""
        return self._jobs

    def has_room(self, node: Node) -> bool:
        """See `Engine`."""
        return len(self._children) < self._jobs and self._wanted(node) <= len(self._free)

    def take(self, node: Node, folder: NodeFolder) -> str:
        """See `Engine`."""
        wanted = self._wanted(node)
        gpus, self._free = tuple(self._free[:wanted]), self._free[wanted:]
        self._children[node.key] = self._child(node, folder, gpus)
        return f" on gpu {','.join(gpus)}" if gpus else ""

    def wait(self, seconds: float) -> None:
        """See `Engine`."""
        if signs := [sign for child in self._children.values() for sign in child.process.signs]:
            wait(signs, seconds)
        else:
            sleep(seconds)

    def ended(self) -> list[Ending]:
        """See `Engine`; a process that was killed is started again, and goes on from what it left."""
        endings = []
        for key, child in list(self._children.items()):
            code = child.process.code()
            if code is None:
                continue
            self._deaths[key] += code < 0
            if code < 0 and self._deaths[key] < ATTEMPTS:
                self._children[key] = self._child(child.node, child.folder, child.gpus)
                continue
            self._keep(child)
            self._free += child.gpus
            del self._children[key]
            endings.append(Ending(key=key, problem=said_of(child.folder, code)))
        return endings

    def stop(self) -> None:
        """See `Engine`; whoever does not end in order is killed."""
        for child in self._children.values():
            child.process.terminate()
        for process in (*(child.process for child in self._children.values()), *self._waiting):
            process.join()
        self._children.clear()
        self._waiting.clear()

    def _wanted(self, node: Node) -> int:
        return min(node.run.workers, self._all) if node.step.stage.takes_gpu else 0

    def _child(self, node: Node, folder: NodeFolder, gpus: tuple[str, ...]) -> _Child:
        # With device=cuda a stage asks for a GPU even if it computes nothing there.
        hidden = self._all and node.step.stage.runtime.device == "auto"
        process = self._process(",".join(gpus) if gpus or hidden else None)
        process.make(folder, told(folder, cores=self._cores))
        return _Child(node=node, folder=folder, process=process, gpus=gpus)

    def _process(self, gpus: str | None) -> Warm:
        """Return a process that sees these GPUs: one that waits, or a new one."""
        self._waiting = [process for process in self._waiting if process.waits]
        for process in self._waiting:
            if process.gpus == gpus:
                self._waiting.remove(process)
                return process
        return Warm(cores=self._cores, gpus=gpus)

    def _keep(self, child: _Child) -> None:
        """Let a process wait for the next node; one that had GPUs ends, since it holds a part of their memory."""
        if child.gpus:
            child.process.join()
        elif child.process.waits:
            self._waiting.append(child.process)


def visible_gpus() -> list[str]:
    """Return how the GPUs that this process may use are named in the environment of others."""
    count = torch.cuda.device_count()
    named = os.environ.get(GPUS)
    return [name.strip() for name in named.split(",")][:count] if named else [str(place) for place in range(count)]
