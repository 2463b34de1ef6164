"""A run's folder: its config, its stages' fingerprints, `scores.json` and `report.html`."""

import shutil
from pathlib import Path

from wsss.run.names import REPORT, SCORES, SHEETS
from wsss.run.plan import Step
from wsss.run.run_file import stages_in
from wsss.run.scores import Scores, scores_among
from wsss.store.texts import whole, write_json


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
