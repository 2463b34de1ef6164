"""Map stages as workers of a Ray cluster; trainings by torchrun on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wsss.engine.log import logger
from wsss.engine.map import Map
from wsss.engine.processes import world
from wsss.engine.stage import Stage
from wsss.errors import ConfigError
from wsss.run.launch import Crew, Launcher, slurm_tasks
from wsss.run.ray_cluster import HERE, Resources, connected, refuse_without_ray
from wsss.run.ray_pool import Asked, RayPool
from wsss.run.ray_waiting import MINUTES, Waiting, refuse_wait
from wsss.run.torchrun import Torchrun
from wsss.run.worker import work

KEY = "launcher.address"


@dataclass(frozen=True, kw_only=True)
class RayWorkers(Launcher):
    """Each worker of Ray takes the next batch of a Map stage, wherever it runs; tables are made by this process.

    What is bound to the CPU is made by workers of one core each, what computes on GPUs by workers of one GPU each. All
    machines see the same store and data, and have the same installation.
    """

    address: str = HERE
    """auto, host:port, or local: a cluster of this machine that ends with the run."""
    map_workers: int | None = None
    """Workers of a Map stage at most; without it one a GPU, one a core where the CPU is the bound, or one a machine."""
    threads: int | None = None
    """Threads of torch in a worker of more than one core, and in trainings. Results are equal at equal threads."""
    nproc: int | None = None
    """Processes of a training on this machine; as many as there are GPUs, or one, where it is not given."""

    wait_minutes: float | None = MINUTES
    """Minutes without a machine that could do the work, after which the run ends; None waits for ever."""

    def __post_init__(self) -> None:
        refuse_wait(self.wait_minutes, name="wait_minutes")
        if self.map_workers is not None and self.map_workers < 1:
            raise ValueError(f"map_workers must be at least 1, got {self.map_workers}")
        self.trainings()

    def trainings(self) -> Torchrun:
        """Return what starts trainings."""
        return Torchrun(nproc=self.nproc, threads=self.threads)

    @property
    def workers(self) -> int:
        """See `Launcher`."""
        return self.trainings().processes()

    def pool(self, ray: Any, stage: Map) -> RayPool:
        """Return the workers of a stage on a cluster, as many as it has room for."""
        there = Resources.of(ray)
        waiting = Waiting(ray, minutes=self.wait_minutes, key="launcher.wait_minutes", say=logger.warning)
        if stage.processes:
            asked, count = Asked(cores=1, gpu=False, threads=1), self.map_workers or there.cores
            return RayPool(ray, asked, count=count, waiting=waiting)
        gpu = stage.takes_gpu and there.gpus > 0
        most = there.gpus if gpu else there.machines
        count = min(self.map_workers or most, most) if gpu else self.map_workers or most
        cores = there.share(count)
        asked = Asked(cores=cores, gpu=gpu, threads=self.threads or cores)
        return RayPool(ray, asked, count=count, waiting=waiting)

    def check(self) -> None:
        """Refuse to work without Ray, and as one of several processes."""
        refuse_without_ray("launcher=ray")
        if (size := max(world().size, slurm_tasks())) > 1:
            raise ConfigError([f"launcher=ray is one process, but {size} were started: start one, which asks Ray"])

    @contextmanager
    def open(self) -> Iterator[Crew]:
        """Bring nobody together before there is something to make."""
        crew = RayCrew(options=self)
        try:
            yield crew
        finally:
            crew.part()


@dataclass(kw_only=True)
class RayCrew(Crew):
    """An opened `RayWorkers`, connected as soon as a Map stage is made; to a cluster of others before any stage."""

    options: RayWorkers
    _ray: Any = field(default=None, init=False)

    def launch(self, job: Path, *, stage: Stage) -> None:
        """See `Crew`."""
        if self.options.address != HERE:
            self.cluster()  # that nobody answers is not said after a training
        if isinstance(stage, Map):
            work(job, pool=self.pool(stage))
            return
        with self.options.trainings().open() as crew:
            crew.launch(job, stage=stage)

    def pool(self, stage: Map) -> RayPool:
        """Return the workers of a stage, as the cluster has room for them."""
        return self.options.pool(self.cluster(), stage)

    def cluster(self) -> Any:
        """Return the module `ray`, connected."""
        if self._ray is None:
            cores = max(world().cores, self.options.map_workers or 0)
            self._ray = connected(self.options.address, key=KEY, cores=cores)
        return self._ray

    def part(self) -> None:
        """Leave the cluster; one of this machine ends."""
        if self._ray is not None:
            self._ray.shutdown()
