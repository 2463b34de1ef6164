"""Run a composed config: plan, show the plan, make what is missing stage by stage, and say how good it is."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from wsss.config.build import build_into, check_all
from wsss.engine.progress import console
from wsss.engine.stage import Job, Reduce, read_index
from wsss.errors import ConfigError
from wsss.run.estimate import expect
from wsss.run.foreseen import of_index, show_data_of, show_foreseen
from wsss.run.graph import unread
from wsss.run.known import Known, Outcome, note
from wsss.run.launch import Crew, Inline, Launcher
from wsss.run.objective import check_masks, check_objective
from wsss.run.part import check_from
from wsss.run.plan import Step, check_bucket, check_readers, check_shares, make_plan
from wsss.run.record import write_record
from wsss.run.run_folder import claim_folder, run_folder, write_outcome
from wsss.run.scores import Scores, value_of
from wsss.run.screen import Expectation, show_cached, show_notes, show_outcome, show_stage, show_unread, show_versions
from wsss.run.sharing import sharing_notes
from wsss.run.worker import freeze
from wsss.stages.index_data import IndexData
from wsss.store.digests import Digests
from wsss.store.disk_errors import writing
from wsss.store.stamp import stamp
from wsss.store.store import Artifact, Store
from wsss.training.loggers.options import CSVHistory, LoggerOptions, NoLogger, TensorBoard

SETTINGS: Final[Mapping[str, Any]] = {
    "name": str,
    "plan": bool,
    "store": Path,
    "out": str | None,
    "rehash": bool,
    "until": str | None,
    "from": str | None,
    "objective": str | None,
    "launcher": Launcher,
    "logger": LoggerOptions,
}
"""Keys beside `pipeline` that a run reads itself."""
DONE_WITH: Final = (NoLogger, CSVHistory, TensorBoard)
"""Loggers to which a finished run is not handed over."""
GRACE: Final = 0.2
"""Seconds that a lock is waited for without a word: whoever only looks holds it for less."""


def run(config: Mapping[str, Any], *, command: str = "wsss run") -> Outcome | None:
    """Run everything that the config asks for and return its outcome; `plan=true` only shows what would run."""
    with writing(Store.at(str(config["store"])).root):
        return _run(config, command=command)


def _run(config: Mapping[str, Any], *, command: str) -> Outcome | None:
    stamp()  # of the code that runs, whatever is edited meanwhile
    store = Store.at(config["store"])
    steps, launcher, logger = prepare(config)
    states = {step.name: step.artifact.state() for step in steps}
    # All are read: a newer or a torn one is refused before anything is made.
    reused = [step.artifact.manifest() for step in steps if states[step.name] == "cached"]
    show_versions(reused)
    if config["until"] is None:
        asked = (config["objective"] or "").partition("/")[0]  # whose score is read, if nothing else is
        show_unread(name for name in unread({step.name: step.stage for step in steps}) if name != asked)
    show_notes(sharing_notes(steps, workers=launcher.workers))
    if config["plan"]:
        show_foreseen(steps, states, store=store)
        return None
    if all(state == "cached" for state in states.values()):
        show_cached(len(steps))
    with launcher.open() as crew:
        folder = claim_folder(steps, config, store=store) if crew.leads else run_folder(steps, config)
        missing = [step for step in steps if states[step.name] != "cached"]
        expected = expectations(missing, store=store) if crew.leads else {}
        for step in steps:
            if crew.leads and step in missing:
                announce(step, missing, expected=expected)
            make(step, crew=crew, command=command) if crew.leads else follow(step, crew=crew)
            if crew.leads:
                if states[step.name] != "cached":
                    write_record(folder, store=store, steps=steps, config=config)
                    if isinstance(step.stage, IndexData):
                        show_data_of(steps, data=of_index(read_index(step.artifact)))
                        expected = expectations(missing, store=store)
                check_readers(step, steps)
                check_masks(config["objective"], step)
        objective = value_of(config["objective"], finish(steps, folder, logger=logger)) if crew.leads else None
    if isinstance(launcher, Inline) and isinstance(logger, DONE_WITH):
        note(as_known(steps, folder, store=store), config)
    return Outcome(folder=folder, artifacts=tuple(step.artifact for step in steps), objective=objective)


def prepare(
    config: Mapping[str, Any], *, digests: Digests | None = None
) -> tuple[tuple[Step, ...], Launcher, LoggerOptions]:
    """Check the whole config and plan it; raises `ConfigError` with everything that is wrong.

    `digests` are those of the store, where somebody has read them.
    """
    problems: list[str] = []
    settings = {key: build_into(problems, config[key], expected=of, key=key) for key, of in SETTINGS.items()}
    if problems:
        raise ConfigError(problems)
    launcher, logger = settings["launcher"], settings["logger"]
    check_all([("launcher", launcher.check), ("logger", logger.check)])
    steps = make_plan(
        config["pipeline"],
        store=Store.at(config["store"]),
        rehash=settings["rehash"],
        until=settings["until"],
        digests=digests,
    )
    if settings["from"] is not None:
        missing = [step.name for step in steps if step.artifact.state() != "cached"]
        check_from(
            settings["from"], {step.name: {read: read for read in step.reads} for step in steps}, missing=missing
        )
    check_shares(steps, workers=launcher.workers)
    check_bucket(steps)
    there = [name for name, node in config["pipeline"].items() if node is not None]
    check_objective(settings["objective"], steps, pipeline=there)
    return steps, launcher, logger


def expectations(missing: Sequence[Step], *, store: Store) -> dict[str, Expectation | None]:
    """Return what each step that is to be made may take: work is known once the data are."""
    return {step.name: expect(step, store=store) for step in missing}


def announce(step: Step, missing: Sequence[Step], *, expected: Mapping[str, Expectation | None]) -> None:
    """Say which stage begins, and how long it and all that follow may take."""
    place = missing.index(step)
    left = [expected[each.name] for each in missing[place:]]
    show_stage(step.name, number=place + 1, count=len(missing), expected=left)


def make(step: Step, *, crew: Crew, command: str = "wsss run") -> None:
    """Make one artifact unless it is there; of two runs that need it at once, one makes it and the other waits."""
    with held(step.artifact):
        if step.artifact.state() == "cached":
            step.artifact.manifest()
            step.stage.relocate(Job(artifact=step.artifact, inputs=step.inputs))
        else:
            step.artifact.sweep()
            job = freeze(step, command=command)
            crew.say(step.name, "make")
            crew.launch(job, stage=step.stage)
    crew.say(step.name, "made")


@contextmanager
def held(artifact: Artifact) -> Iterator[None]:
    """Hold an artifact's lock; where another run does, say so once and wait until it is done, or dead."""
    lock = artifact.lock()
    try:
        lock.acquire(timeout=GRACE)
    except Timeout:
        console.print(f"waiting for {artifact.stage} {artifact.fingerprint}: another run is making it")
        lock.acquire(timeout=-1, poll_interval=0.5)
    try:
        yield
    finally:
        lock.release()


def follow(step: Step, *, crew: Crew) -> None:
    """Do this machine's part of an artifact, if it is to be made, and wait until it is there."""
    if crew.hear(step.name, "make", "made") == "make":
        if not isinstance(step.stage, Reduce):
            crew.launch(step.artifact.job, stage=step.stage)
        crew.hear(step.name, "made")


def finish(steps: tuple[Step, ...], folder: Path, *, logger: LoggerOptions) -> Scores:
    """Fill the run's folder, hand it to the logger, print the scores and, last, where the report is."""
    scores = write_outcome(folder, steps=steps)
    show_outcome(folder, scores, said=logger.finish(folder))
    return scores


def as_known(steps: tuple[Step, ...], folder: Path, *, store: Store) -> Known:
    """Return a finished run as the store may know it."""
    return Known(
        store=store,
        folder=folder,
        artifacts=tuple(step.artifact for step in steps),
        reads=tuple(step.reads for step in steps),
        outside=tuple(dict.fromkeys(each for step in steps for each in step.outside)),
    )
