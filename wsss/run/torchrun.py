"""Several processes a stage: torch's elastic launcher, which is what the command `torchrun` calls."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from wsss import training
from wsss.engine.finishing import workers_finish
from wsss.engine.stage import Reduce, Stage
from wsss.errors import ConfigError, WsssError
from wsss.run.launch import Crew, Launcher, Word, slurm_tasks
from wsss.run.machines import EVERY, Peers
from wsss.run.worker import MISTAKE, work
from wsss.signals import Ended, handled, restored

ALONE: Final = "localhost:0"
"""A rendezvous of one machine, on any free port."""


@dataclass(frozen=True, kw_only=True)
class Torchrun(Launcher):
    """Processes for trainings (Lightning's DDP) and for stages that go image by image; tables are made by one.

    On several machines the same command is started once on each, in the same order, with a store that all of them see.
    Under SLURM's `srun --ntasks-per-node=1` the number of machines, the rank and the rendezvous are SLURM's.
    """

    nproc: int | None = None
    """Processes on this machine; as many as there are GPUs, or one, where it is not given."""
    nnodes: int | None = None
    """Machines; SLURM's number, or one."""
    node_rank: int | None = None
    """Which machine this is, from 0."""
    rendezvous: str | None = None
    """host:port of the machine with node_rank 0; the next port is used as well."""
    rendezvous_options: dict[str, str] = field(default_factory=dict)
    """Handed on to torch's c10d rendezvous, such as `join_timeout` in seconds."""
    threads: int | None = None
    """Threads of torch in every process: the machine's cores divided by `nproc`. Results are equal at equal threads."""

    def __post_init__(self) -> None:
        for name in ("nproc", "nnodes", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")

    def check(self) -> None:
        """Refuse machines that could not meet, and to be started where processes were started already."""
        machines, rank = self.machines(), self.rank()
        problems = []
        if not 0 <= rank < machines:
            problems.append(f"launcher.node_rank: {rank} is not in 0 .. {machines - 1}")
        if machines > 1 and self.place() == ALONE:
            problems.append(f"launcher.rendezvous: {machines} machines need host:port of the one with node_rank 0")
        elif not self.place().rpartition(":")[2].isdigit():
            problems.append(f"launcher.rendezvous: {self.place()} is not host:port")
        if "WORLD_SIZE" in os.environ:
            problems.append("launcher=torchrun starts the processes itself: call wsss, not torchrun")
        if slurm_tasks() > machines:
            problems.append(f"launcher=torchrun: SLURM started {slurm_tasks()} tasks; use --ntasks-per-node=1")
        if problems:
            raise ConfigError(problems)

    @property
    def workers(self) -> int:
        """See `Launcher`; every machine is taken to run as many processes as this one."""
        return self.processes() * self.machines()

    def processes(self) -> int:
        """Return how many processes this machine runs."""
        return self.nproc or torch.cuda.device_count() or 1

    def machines(self) -> int:
        """Return how many machines there are."""
        return self.nnodes or (int(os.environ.get("SLURM_NNODES", "1")) if "SLURM_PROCID" in os.environ else 1)

    def rank(self) -> int:
        """Return which machine this is."""
        if self.node_rank is not None:
            return self.node_rank
        return int(os.environ["SLURM_NODEID"]) if self.machines() > 1 and "SLURM_NODEID" in os.environ else 0

    def place(self) -> str:
        """Return host:port where the machines meet."""
        if self.rendezvous is not None:
            return self.rendezvous
        if self.machines() == 1 or "SLURM_PROCID" not in os.environ:
            return ALONE
        host = training.slurm_host(os.environ.get("SLURM_NODELIST", "localhost"))
        return f"{host}:{15000 + int(os.environ.get('SLURM_JOB_ID', '0')) % 10000}"

    @contextmanager
    def open(self) -> Iterator[Crew]:
        """Meet the other machines."""
        logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # a worker's failure is said here
        if self.machines() == 1:
            yield TorchrunCrew(options=self, peers=None)
            return
        host, _, port = self.place().rpartition(":")
        with Peers.meet(host, int(port) + 1, rank=self.rank(), count=self.machines()) as peers:
            yield TorchrunCrew(options=self, peers=peers)


@dataclass(frozen=True, kw_only=True)
class TorchrunCrew(Crew):
    """An opened `Torchrun`."""

    options: Torchrun
    peers: Peers | None

    @property
    def leads(self) -> bool:  # type: ignore[override]
        """Whether this is the first machine."""
        return self.peers is None or self.peers.rank == 0

    def say(self, subject: str, word: Word) -> None:
        """See `Crew`."""
        if self.peers is not None:
            self.peers.say(subject, word)

    def hear(self, subject: str, *words: Word) -> Word:
        """See `Crew`."""
        assert self.peers is not None
        return self.peers.hear(subject, *words)

    def launch(self, job: Path, *, stage: Stage) -> None:
        """Start this machine's workers and wait for them; the first that fails ends the others.

        Raises `WsssError` that says which worker failed and why; what was finished stays.
        """
        if isinstance(stage, Reduce):
            work(job)
            return
        start = elastic_launch(self._config(job), sys.executable)
        threads = [str(self.options.threads)] if self.options.threads else []
        arguments = ["-m", "wsss.run.worker", str(job), str(os.getpid()), *threads]
        try:
            with restored(), self._watched(), workers_finish(job.parent):
                start(*arguments)
        except ChildFailedError as error:
            if error.get_first_failure()[1].exitcode == Ended(signal.SIGINT).exit_code:
                raise Ended(signal.SIGINT) from None
            raise WsssError(_said_of(error, stage=job.parents[1].name)) from error
        except (Ended, SignalException) as error:
            if self.peers is not None:
                self.peers.check()
            raise error if isinstance(error, Ended) else Ended(error.sigval) from error

    def _config(self, job: Path) -> LaunchConfig:
        # Whoever meets must be about the same stage: its fingerprint is the name of the meeting.
        meeting = {"is_host": str(self.options.rank() == 0)} if self.options.machines() > 1 else {}
        return LaunchConfig(
            min_nodes=self.options.machines(),
            max_nodes=self.options.machines(),
            nproc_per_node=self.options.processes(),
            run_id=f"{job.parents[1].name}-{job.parent.name}",
            rdzv_backend="c10d",
            rdzv_endpoint=self.options.place(),
            rdzv_configs=meeting | self.options.rendezvous_options,
            max_restarts=0,
            signals_to_handle=",".join(number.name for number in handled() if number != signal.SIGINT),
        )

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End this machine's workers when another machine fails: they would wait for its part for ever."""
        if self.peers is None:
            with nullcontext():
                yield
            return
        peers, done = self.peers, threading.Event()

        def watch() -> None:
            while not done.wait(EVERY):
                try:
                    peers.check()
                except WsssError:
                    os.kill(os.getpid(), signal.SIGTERM)
                    return

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _said_of(error: ChildFailedError, *, stage: str) -> str:
    """Return what the first worker that failed left: a mistake of the user's in a line, or its traceback."""
    rank, failure = error.get_first_failure()
    said: Any = failure.message
    if isinstance(said, dict):
        said = said["message"].partition(": ")[2] if failure.exitcode == MISTAKE else said["extraInfo"]["py_callstack"]
    kept = "what is finished is kept, and the same command goes on from there"
    return f"{stage}: worker {rank + 1} failed: {said}\n{kept}"
