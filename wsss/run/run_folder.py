"""A run's folder: its config, its stages' fingerprints, `scores.json` and `report.html`."""

import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from wsss.run.names import REPORT, SCORES, SHEETS
from wsss.run.plan import Step
from wsss.run.record import write_record
from wsss.run.run_file import stages_in
from wsss.run.scores import Scores, scores_among
from wsss.store.store import Store
from wsss.store.texts import whole, write_json

LOCK: Final = ".lock"
"""The file beside numbered folders that whoever takes a number holds."""


def claim_folder(steps: tuple[Step, ...], config: Mapping[str, Any], *, store: Store) -> Path:
    """Return a run's own folder, where its record lies from then on: two runs that begin at once take two numbers.

    Raises `StoreError` where the folder holds a run of a newer version.
    """
    outputs = Path("outputs", config["name"])
    if not config["out"]:
        outputs.mkdir(parents=True, exist_ok=True)
    with nullcontext() if config["out"] else FileLock(outputs / LOCK):
        folder = run_folder(steps, config)
        write_record(folder, store=store, steps=steps, config=config)
    return folder


def run_folder(steps: tuple[Step, ...], config: Mapping[str, Any]) -> Path:
    """Return the run's own folder: `out`, or that of an earlier run of the same artifacts, or the next free number."""
    out = config["out"]
    return Path(out).expanduser() if out else choose_folder(Path("outputs", config["name"]), steps=steps)


def choose_folder(outputs: Path, *, steps: tuple[Step, ...]) -> Path:
    """Return the folder of an earlier run of the same artifacts, or the next free number."""
    wanted = {step.name: step.artifact.fingerprint for step in steps}
    numbered = sorted((p for p in outputs.glob("*") if p.name.isdigit()), key=lambda p: int(p.name))
    for folder in numbered:
        if stages_in(folder) == wanted:
            return folder
    return outputs / str(int(numbered[-1].name) + 1 if numbered else 1)


def write_outcome(folder: Path, *, steps: tuple[Step, ...]) -> Scores:
    """Copy scores, report and contact sheets into the run's folder; stages that are not there leave nothing."""
    scores = scores_among(step.artifact for step in steps)
    if scores:
        write_json(folder / SCORES, scores)
    for step in steps:
        if (page := step.artifact.items / REPORT).exists():
            with whole(folder / REPORT) as hidden:
                shutil.copyfile(page, hidden)
            shutil.rmtree(folder / SHEETS, ignore_errors=True)
            shutil.copytree(page.parent / SHEETS, folder / SHEETS)
    return scores
