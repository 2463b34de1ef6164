"""Run a composed config: plan, show the plan, make what is missing stage by stage, and say how good it is."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import Timeout
from rich.box import SIMPLE
from rich.table import Table

from wsss.config.build import build_into, check_all
from wsss.draw.numbers import duration, file_size
from wsss.engine.progress import console
from wsss.engine.stage import Reduce
from wsss.errors import ConfigError
from wsss.run.estimate import Expectation, expect
from wsss.run.launch import Crew, Launcher
from wsss.run.objective import check_masks, check_objective, value_of
from wsss.run.plan import Step, check_readers, check_shares, make_plan
from wsss.run.record import write_record
from wsss.run.run_folder import Scores, choose_folder, score_table, write_outcome
from wsss.run.worker import freeze
from wsss.store.disk_errors import writing
from wsss.store.store import Artifact, Store
from wsss.store.versions import other_versions
from wsss.training.loggers.options import LoggerOptions

SETTINGS: Final[Mapping[str, Any]] = {
    "name": str,
    "plan": bool,
    "store": str,
    "out": str | None,
    "rehash": bool,
    "objective": str | None,
    "launcher": Launcher,
    "logger": LoggerOptions,
}
"""Keys beside `pipeline` that a run reads itself."""
WIDE: Final = 120
"""Columns of a screen on which a plan also shows what reads what."""
GRACE: Final = 0.2
"""Seconds that a lock is waited for without a word: whoever only looks holds it for less."""


def run(config: Mapping[str, Any], *, command: str = "wsss run") -> float | None:
    """Run everything that the config asks for and return its objective; `plan=true` only shows what would run."""
    with writing(Store.at(str(config["store"])).root):
        return _run(config, command=command)


def _run(config: Mapping[str, Any], *, command: str) -> float | None:
    steps, launcher, logger = prepare(config)
    states = {step.name: step.artifact.state() for step in steps}
    # All are read: a newer or a torn one is refused before anything is made.
    reused = [step.artifact.manifest() for step in steps if states[step.name] == "cached"]
    if note := other_versions(manifest["versions"] for manifest in reused):
        console.print(note, markup=False, soft_wrap=True)
    if config["plan"]:
        console.print(plan_table(steps, states, store=Store.at(config["store"])))
        return None
    if all(state == "cached" for state in states.values()):
        console.print(f"nothing to do: all {len(steps)} stages are cached")
    folder = run_folder(steps, config)
    with launcher.open() as crew:
        if crew.leads:
            write_record(folder, store=Store.at(config["store"]), steps=steps, config=config)
        for step in steps:
            make(step, crew=crew, command=command) if crew.leads else follow(step, crew=crew)
            if crew.leads:
                check_readers(step, steps)
                check_masks(config["objective"], step)
        return value_of(config["objective"], finish(steps, folder, logger=logger)) if crew.leads else None


def prepare(config: Mapping[str, Any]) -> tuple[tuple[Step, ...], Launcher, LoggerOptions]:
    """Check the whole config and plan it; raises `ConfigError` with everything that is wrong."""
    problems: list[str] = []
    settings = {key: build_into(problems, config[key], expected=of, key=key) for key, of in SETTINGS.items()}
    if problems:
        raise ConfigError(problems)
    launcher, logger = settings["launcher"], settings["logger"]
    check_all([("launcher", launcher.check), ("logger", logger.check)])
    steps = make_plan(config["pipeline"], store=Store.at(config["store"]), rehash=settings["rehash"])
    check_shares(steps, workers=launcher.workers)
    check_objective(settings["objective"], steps)
    return steps, launcher, logger


def make(step: Step, *, crew: Crew, command: str = "wsss run") -> None:
    """Make one artifact unless it is there; of two runs that need it at once, one makes it and the other waits."""
    with held(step.artifact):
        if step.artifact.state() == "cached":
            step.artifact.manifest()
            step.stage.relocate(step.artifact)
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


def run_folder(steps: tuple[Step, ...], config: Mapping[str, Any]) -> Path:
    """Return the run's own folder: `out`, or that of an earlier run of the same artifacts, or the next free number."""
    out = config["out"]
    return Path(out).expanduser() if out else choose_folder(Path("outputs", config["name"]), steps=steps)


def finish(steps: tuple[Step, ...], folder: Path, *, logger: LoggerOptions) -> Scores:
    """Fill the run's folder, hand it to the logger, print the scores and, last, where the report is."""
    scores = write_outcome(folder, steps=steps)
    if scores:
        console.print(score_table(scores))
    if said := logger.finish(folder):
        console.print(said, markup=False)
    page = folder / "report.html"
    console.print(str((page if page.exists() else folder).absolute()))
    return scores


def plan_table(steps: tuple[Step, ...], states: Mapping[str, str], *, store: Store) -> Table:
    """Return what would run, and what that took earlier in this store; on a wide screen, also what reads what."""
    table = Table(title="plan", title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for name in ("stage", "fingerprint", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("time", "disk"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("like", "reads") if console.width >= WIDE else ("like",):
        table.add_column(name)
    todo = [step for step in steps if states[step.name] != "cached"]
    expected = {step.name: found for step in todo if (found := expect(step, store=store))}
    for step in steps:
        like = f"{expected[step.name].like} earlier" if step.name in expected else ""
        costs = _costs([expected[step.name]] if like else [])
        reads = ", ".join(dict.fromkeys(artifact.stage for artifact in step.inputs.values()))
        row = (step.name, step.artifact.fingerprint, states[step.name], *costs, like, reads)
        table.add_row(*row[: len(table.columns)])
    if expected:
        unknown = len(todo) - len(expected)
        table.add_section()
        table.add_row("total", "", "", *_costs(expected.values()), f"{unknown} not known" if unknown else "")
    return table


def _costs(expected: Collection[Expectation]) -> tuple[str, str]:
    """Return time and disk in words, nothing where nothing is known."""
    if not expected:
        return "", ""
    seconds, size = sum(each.seconds for each in expected), sum(each.size for each in expected)
    return duration(seconds), file_size(round(size))
