"""Run a composed config: plan, show the plan, make what is missing stage by stage, and say how good it is."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from wsss.artifacts.store import Store
from wsss.errors import ConfigError
from wsss.run.build import build_into, check_all
from wsss.run.launch import Launcher
from wsss.run.outcome import choose_folder, score_table, write_outcome
from wsss.run.plan import Step, make_plan
from wsss.run.record import write_record
from wsss.run.worker import freeze
from wsss.stages.progress import console

SETTINGS: Final[Mapping[str, Any]] = {"name": str, "plan": bool, "store": str, "out": str | None, "launcher": Launcher}
"""Keys beside `pipeline` that are not read by a stage."""


def run(config: Mapping[str, Any]) -> None:
    """Run everything that the config asks for; `plan=true` only shows what would run."""
    steps, launcher = prepare(config)
    states = {step.name: step.artifact.state() for step in steps}
    if config["plan"]:
        console.print(plan_table(steps, states))
        return
    if all(state == "cached" for state in states.values()):
        console.print(f"nothing to do: all {len(steps)} stages are cached")
    folder = run_folder(steps, config)
    write_record(folder, store=Store.at(config["store"]), steps=steps, config=config)
    for step in steps:
        make(step, launcher=launcher)
    finish(steps, folder)


def prepare(config: Mapping[str, Any]) -> tuple[tuple[Step, ...], Launcher]:
    """Check the whole config and plan it; raises `ConfigError` with everything that is wrong."""
    problems: list[str] = []
    settings = {key: build_into(problems, config[key], expected=of, key=key) for key, of in SETTINGS.items()}
    if problems:
        raise ConfigError(problems)
    launcher: Launcher = settings["launcher"]
    check_all({"launcher": launcher})
    return make_plan(config["pipeline"], store=Store.at(config["store"])), launcher


def make(step: Step, *, launcher: Launcher) -> None:
    """Make one artifact unless it is there; of two runs that need it at once, one makes it and the other waits."""
    with step.artifact.lock():
        if step.artifact.state() == "cached":
            step.artifact.manifest()
            step.stage.relocate(step.artifact)
            return
        launcher.launch(freeze(step, command=command_line()))


def run_folder(steps: tuple[Step, ...], config: Mapping[str, Any]) -> Path:
    """Return the run's own folder: `out`, or that of an earlier run of the same artifacts, or the next free number."""
    out = config["out"]
    return Path(out).expanduser() if out else choose_folder(Path("outputs", config["name"]), steps=steps)


def finish(steps: tuple[Step, ...], folder: Path) -> None:
    """Fill the run's folder, print its scores and, last, where the report is."""
    scores = write_outcome(folder, steps=steps)
    if scores:
        console.print(score_table(scores))
    page = folder / "report.html"
    console.print(str((page if page.exists() else folder).absolute()))


def plan_table(steps: tuple[Step, ...], states: Mapping[str, str]) -> Table:
    """Return what would run."""
    table = Table("stage", "fingerprint", "state", "reads", title="plan")
    for step in steps:
        reads = ", ".join(dict.fromkeys(artifact.stage for artifact in step.inputs.values()))
        table.add_row(step.name, step.artifact.fingerprint, states[step.name], reads)
    return table


def command_line() -> str:
    """Return the command as it could be typed again."""
    return shlex.join(["wsss", "run", *sys.argv[1:]])
