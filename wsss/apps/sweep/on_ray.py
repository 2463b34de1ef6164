"""The engine of a Ray cluster: each node is a task with cores and GPUs, wherever Ray has them."""

from time import sleep
from typing import Any, Final

from wsss.apps.sweep.engine import Ending, Engine, said_of
from wsss.apps.sweep.graph import Key, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.remote import ATTEMPTS, PATIENCE, RemoteNode, make_remote
from wsss.errors import first_line
from wsss.run.ray_cluster import Resources, connected

KEY: Final = "ray.address"


class OnRay(Engine):
    """Tasks of Ray. A worker or a machine that dies is Ray's to replace: the node goes on from what it left."""

    def __init__(self, *, address: str, jobs: int | None = None) -> None:
        self._ray = connected(address, key=KEY)
        there = Resources.of(self._ray)
        self._gpus = there.gpus
        self._jobs = jobs or there.gpus or there.machines
        self._cores = there.share(self._jobs)
        self._tasks: dict[Key, tuple[Any, NodeFolder]] = {}
        self._make = self._ray.remote(make_remote)

    @property
    def width(self) -> int:
        """See `Engine`."""
        return self._jobs

    def has_room(self, node: Node) -> bool:
        """See `Engine`; one more than there are may queue, so that Ray is never idle."""
        del node
        return len(self._tasks) <= self._jobs

    def take(self, node: Node, folder: NodeFolder) -> str:
        """See `Engine`."""
        gpus = min(node.run.workers, self._gpus) if node.step.stage.takes_gpu else 0
        task = self._make.options(
            name=node.step.name, num_cpus=self._cores, num_gpus=gpus, max_retries=ATTEMPTS
        ).remote(RemoteNode.of(node, folder, cores=self._cores))
        self._tasks[node.key] = task, folder
        return f" on Ray with {self._cores} cores" + (f" and {gpus} GPUs" if gpus else "")

    def wait(self, seconds: float) -> None:
        """See `Engine`."""
        if self._tasks:
            self._ray.wait([task for task, _ in self._tasks.values()], num_returns=1, timeout=seconds)
        else:
            sleep(seconds)

    def ended(self) -> list[Ending]:
        """See `Engine`."""
        if not self._tasks:
            return []
        tasks = [task for task, _ in self._tasks.values()]
        ended, _ = self._ray.wait(tasks, num_returns=len(tasks), timeout=0)
        endings = []
        for key, (task, folder) in list(self._tasks.items()):
            if task in ended:
                del self._tasks[key]
                endings.append(Ending(key=key, problem=self._problem(task, folder)))
        return endings

    def stop(self) -> None:
        """See `Engine`."""
        tasks = [task for task, _ in self._tasks.values()]
        for task in tasks:
            self._ray.cancel(task)
        if tasks:
            self._ray.wait(tasks, num_returns=len(tasks), timeout=PATIENCE)
        self._tasks.clear()

    def _problem(self, task: Any, folder: NodeFolder) -> str | None:
        try:
            return said_of(folder, self._ray.get(task))
        except self._ray.exceptions.RayError as error:
            return f"Ray could not make it: {first_line(error)}; see {folder.log}"
