"""The engine of one machine: processes here, each with GPUs of its own."""

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Final

import torch

from wsss.apps.sweep.child import GPUS, work
from wsss.apps.sweep.engine import Ending, Engine, said_of, told
from wsss.apps.sweep.graph import Key, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.engine.processes import end_with_parent, world
from wsss.signals import blocked, postponed

ATTEMPTS: Final = 3
"""How often a node is begun whose process is killed, by the kernel that has no memory left or by a person."""
PATIENCE: Final = 60.0
"""Seconds that processes get to end in order."""
PRELOADED: Final = (
    *("wsss.apps.sweep.child", "wsss.training.trainer", "wsss.stages.report"),
    *("segmentation_models_pytorch", "timm"),
)
"""Imported once by the server that forks the processes: they take seconds."""


@dataclass(frozen=True, kw_only=True)
class _Child:
    node: Node
    folder: NodeFolder
    process: BaseProcess
    gpus: tuple[str, ...]


class Local(Engine):
    """So many processes at once, and a node that wants GPUs only while there are free ones."""

    def __init__(self, *, jobs: int | None = None, gpus: tuple[str, ...] | None = None) -> None:
        self._free = list(visible_gpus() if gpus is None else gpus)
        self._all = len(self._free)
        self._jobs = jobs or (self._all + 1 if self._all else 1)
        self._children: dict[Key, _Child] = {}
        self._deaths: Counter[Key] = Counter()
        self._context = _context()

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

    def ended(self) -> list[Ending]:
        """See `Engine`; a process that was killed is started again, and goes on from what it left."""
        endings = []
        for key, child in list(self._children.items()):
            code = child.process.exitcode
            if code is None:
                continue
            self._deaths[key] += code < 0
            if code < 0 and self._deaths[key] < ATTEMPTS:
                self._children[key] = self._child(child.node, child.folder, child.gpus)
                continue
            self._free += child.gpus
            del self._children[key]
            endings.append(Ending(key=key, problem=said_of(child.folder, code)))
        return endings

    def stop(self) -> None:
        """See `Engine`; whoever does not end in order is killed."""
        for child in self._children.values():
            child.process.terminate()
        for child in self._children.values():
            child.process.join(PATIENCE)
            child.process.kill()
        self._children.clear()

    def _wanted(self, node: Node) -> int:
        return min(node.run.workers, self._all) if node.step.stage.takes_gpu else 0

    def _child(self, node: Node, folder: NodeFolder, gpus: tuple[str, ...]) -> _Child:
        # With device=cuda a stage asks for a GPU even if it computes nothing there.
        hidden = self._all and node.step.stage.runtime.device == "auto"
        cores = None if self._jobs == 1 else max(1, world().cores // self._jobs)
        variables = {**told(folder, cores=cores), **({GPUS: ",".join(gpus)} if gpus or hidden else {})}
        # Only a process of this context has its `start`.
        process = self._context.Process(  # type: ignore[attr-defined]
            target=_work, args=(folder, variables, cores, multiprocessing.get_start_method())
        )
        with blocked(), postponed():
            process.start()
        return _Child(node=node, folder=folder, process=process, gpus=gpus)


def visible_gpus() -> list[str]:
    """Return how the GPUs that this process may use are named in the environment of others."""
    count = torch.cuda.device_count()
    named = os.environ.get(GPUS)
    return [name.strip() for name in named.split(",")][:count] if named else [str(place) for place in range(count)]


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():  # Windows
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def _work(folder: NodeFolder, variables: Mapping[str, str], cores: int | None, method: str) -> None:
    """Become the process of a node: in a session of its own, since a terminal's Ctrl-C is its parent's to hand on."""
    if sys.platform != "win32":
        os.setsid()
    end_with_parent()
    os.environ |= variables
    multiprocessing.set_start_method(method, force=True)  # as in a process that no server started
    with folder.log.open("ab") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    if cores is not None:
        torch.set_num_threads(cores)
    work(folder)
