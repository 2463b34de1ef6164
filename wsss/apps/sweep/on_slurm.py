"""The engine of SLURM: each node is a job, by submitit, which puts it back into the queue at a time limit."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import Any, Final

from wsss.apps.sweep.engine import Ending, Engine, said_of
from wsss.apps.sweep.graph import Key, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.options import SweepOptions
from wsss.apps.sweep.remote import RemoteNode, make_remote
from wsss.errors import ConfigError, first_line

MOST: Final = 100
"""Jobs that are queued at once, where `jobs` does not say."""


@dataclass(frozen=True, kw_only=True)
class SlurmNode:
    """A node as a job."""

    node: RemoteNode

    def __call__(self) -> int:
        """Make it."""
        return make_remote(self.node)

    def checkpoint(self) -> Any:
        """Return what is put into the queue when the job's time is over: the same, which goes on from what is there."""
        return import_module("submitit").helpers.DelayedSubmission(self)


class OnSlurm(Engine):
    """Jobs of SLURM, or with `slurm.cluster=local` of this machine, to try it."""

    def __init__(self, options: SweepOptions, *, folder: Path) -> None:
        if find_spec("submitit") is None:
            raise ConfigError(["slurm.cluster: submitit is not installed: pip install 'wsss[slurm]', or leave it out"])
        submitit = import_module("submitit")
        self._errors = submitit.core.utils.UncompletedJobError, submitit.core.utils.FailedJobError
        try:
            self._executor = submitit.AutoExecutor(folder=folder, cluster=options.slurm_cluster)
        except RuntimeError as error:
            raise ConfigError([f"slurm.cluster={options.slurm_cluster}: {first_line(error)}"]) from error
        self._options = options
        self._jobs: dict[Key, tuple[Any, NodeFolder]] = {}

    @property
    def width(self) -> int:
        """See `Engine`."""
        return self._options.jobs or MOST

    def has_room(self, node: Node) -> bool:
        """See `Engine`."""
        del node
        return len(self._jobs) < self.width

    def take(self, node: Node, folder: NodeFolder) -> str:
        """See `Engine`."""
        self._executor.update_parameters(**self.asked_for(node))
        job = self._executor.submit(SlurmNode(node=RemoteNode.of(node, folder, cores=self._options.slurm_cpus)))
        self._jobs[node.key] = job, folder
        return f" as job {job.job_id}"

    def asked_for(self, node: Node) -> dict[str, Any]:
        """Return what SLURM is asked for."""
        options = self._options
        asked = {
            "name": node.step.name,
            "timeout_min": options.slurm_minutes,
            "cpus_per_task": options.slurm_cpus,
            "gpus_per_node": node.run.workers if node.step.stage.takes_gpu and options.slurm_gpus else 0,
        }
        return asked if options.slurm_partition is None else {**asked, "slurm_partition": options.slurm_partition}

    def wait(self, seconds: float) -> None:
        """See `Engine`; a job's end is looked for in files."""
        sleep(seconds)

    def ended(self) -> list[Ending]:
        """See `Engine`."""
        endings = []
        for key, (job, folder) in list(self._jobs.items()):
            if job.done():
                del self._jobs[key]
                endings.append(Ending(key=key, problem=self._problem(job, folder)))
        return endings

    def stop(self) -> None:
        """See `Engine`: jobs are cancelled, also those that wait in the queue."""
        for job, _ in self._jobs.values():
            job.cancel(check=False)
        self._jobs.clear()

    def _problem(self, job: Any, folder: NodeFolder) -> str | None:
        try:
            return said_of(folder, job.result())
        except self._errors as error:
            return f"job {job.job_id} ended: {first_line(error)}; see {job.paths.stderr}"
