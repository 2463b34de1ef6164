"""A worker: make one artifact from its frozen config, alone or as one of several. It instantiates and never composes.

`python -m wsss.run.worker stage.yaml parent [threads]` is what a launcher, with the process id `parent`, starts for
every process of a stage.
"""

import sys
import time
from collections.abc import Generator, Iterable, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import torch
from torch.distributed.elastic.multiprocessing.errors import get_error_handler, record

from wsss.config.build import build
from wsss.engine.barrier import barrier
from wsss.engine.batch import Records
from wsss.engine.log import log_to
from wsss.engine.machine import machine, reset_peak
from wsss.engine.malloc import keep_freed_memory
from wsss.engine.processes import end_with_parent, world
from wsss.engine.shard import Work
from wsss.engine.shortages import explained
from wsss.engine.stage import Job, Stage
from wsss.errors import DataError, WsssError
from wsss.run.plan import Step
from wsss.signals import Ended, blocked, ended_by_signals
from wsss.store.disk_errors import writing
from wsss.store.jobs import FrozenJob, read_job, write_job
from wsss.store.manifest import Machine
from wsss.store.sources import Outside
from wsss.store.store import Artifact, Store
from wsss.store.verify import refuse_harmed

MISTAKE: Final = 2
"""Exit code of a worker that ended with a `WsssError`; any other failure comes with its traceback."""
RECENT: Final = 10.0
"""Seconds after the end of a stage in which the next one takes files outside the store for what they were then."""
_passed: dict[tuple[Store, Outside], float] = {}


@runtime_checkable
class Pool(Protocol):
    """Processes elsewhere that make the batches of one stage."""

    threads: int
    """Of torch in each."""
    machine: Machine | None
    """Where the first of them was; None where nothing was left to make."""

    def made(self, work: Work, batches: Sequence[Records]) -> Generator[int]:
        """See `wsss.engine.shard.Elsewhere`."""
        ...


def freeze(step: Step, *, command: str) -> Path:
    """Write the job of a step into its artifact's folder, and return where."""
    write_job(step.artifact, frozen_job(step, command=command))
    return step.artifact.job


def frozen_job(step: Step, *, command: str) -> FrozenJob:
    """Return the job of a step: its resolved config, and what it reads inside and outside of the store."""
    return FrozenJob(
        stage=step.name,
        fingerprint=step.artifact.fingerprint,
        identity=step.identity,
        command=command,
        inputs={role: (artifact.stage, artifact.fingerprint) for role, artifact in step.inputs.items()},
        outside=tuple(each.frozen() for each in step.outside),
        config=step.config,
    )


def work(path: Path, *, pool: Pool | None = None) -> None:
    """Run the stage of a frozen job and complete its artifact; an artifact that is complete is left as it is.

    `pool` makes the batches of a Map stage in place of this process.
    """
    frozen = read_job(path)
    store = Store(root=path.parents[2])
    artifact = store.artifact(frozen.stage, frozen.fingerprint)
    if artifact.state() == "cached":
        return
    keep_freed_memory()
    with blocked():
        resource_tracker.ensure_running()  # lives as long as this process, and complains when it is started twice
    inputs = {role: store.artifact(*where) for role, where in frozen.inputs.items()}
    here = world()
    title = f"{artifact.stage} {artifact.fingerprint}: {frozen.command}"
    with writing(store.root), explained(), log_to(artifact.path, world=here, title=title):
        outside = [Outside.of(each) for each in frozen.outside]
        if here.rank == 0:
            check_unchanged(outside, inputs.values(), store=store)
        stage = build(frozen.config, Stage, key=f"pipeline.{frozen.stage}")  # type: ignore[type-abstract]
        device = stage.runtime.torch_device()
        reset_peak(device)
        started = time.monotonic()
        elsewhere = None if pool is None else pool.made
        summary = stage.run(Job(artifact=artifact, inputs=inputs, command=frozen.command, elsewhere=elsewhere))
        barrier()
        if here.rank == 0:
            if pool is not None:
                artifact.sweep()  # of its processes some may have been killed, and others gone on
            _check_still_unchanged(outside, artifact, store=store)
            artifact.complete(
                kind=stage.makes.name,
                inputs={role: each.fingerprint for role, each in inputs.items()},
                seconds=time.monotonic() - started,
                threads=torch.get_num_threads() if pool is None else pool.threads,
                summary=summary,
                machine=(pool and pool.machine) or machine(device),
                oracle=stage.uses_true_masks or any(each.manifest().oracle for each in inputs.values()),
            )
        barrier()  # a machine that goes on finds the artifact complete


def check_unchanged(outside: Iterable[Outside], inputs: Iterable[Artifact], *, store: Store) -> None:
    """Refuse to work on what differs from what the plan saw.

    Files outside that this process found unchanged just now, as the stage before ended, are not looked at again.
    Raises `DataError` for files outside the store and `StoreError` for artifacts that differ from their manifests.
    """
    for each in outside:
        try:
            if time.monotonic() - _passed.pop((store, each), -RECENT) >= RECENT:
                each.check(store.digests)
        except DataError as error:
            raise DataError(f"{error}. What is finished is kept; run again to go on with the files of now") from error
    for artifact in inputs:
        refuse_harmed(artifact)


def _check_still_unchanged(outside: Iterable[Outside], artifact: Artifact, *, store: Store) -> None:
    """Throw away what was made of files that changed meanwhile: nobody could tell of which ones."""
    try:
        for each in outside:
            each.check(store.digests)
            _passed[store, each] = time.monotonic()
    except DataError as error:
        artifact.discard()
        thrown = f"what {artifact.stage} made of them is thrown away, and what was finished before it is kept"
        raise DataError(f"{error}; {thrown}. Run again to go on with the files of now") from error


@record
def main() -> None:
    """Be one of several workers: a failure is left for the launcher, which says it once for all of them."""
    job, parent, *threads = sys.argv[1:]
    end_with_parent(int(parent))
    torch.set_num_threads(int(threads[0]) if threads else world().cores)
    try:
        with ended_by_signals():
            work(Path(job))
    except WsssError as error:
        get_error_handler().record_exception(error)
        sys.exit(MISTAKE)
    except Ended as error:
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
