"""A run's folder: its config, its stages' fingerprints, `scores.json` and `report.html`."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from wsss.draw.numbers import ORACLE, percent
from wsss.run.plan import Step
from wsss.run.record import stages_in
from wsss.store.files import read_json, whole, write_json

Scores = Mapping[str, Mapping[str, Mapping[str, Any]]]


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
    scores: Scores = {}
    for step in steps:
        if (found := step.artifact.items / "scores.json").exists():
            scores = read_json(found)
            write_json(folder / "scores.json", scores)
        if (page := step.artifact.items / "report.html").exists():
            with whole(folder / "report.html") as hidden:
                shutil.copyfile(page, hidden)
            shutil.rmtree(folder / "sheets", ignore_errors=True)
            shutil.copytree(page.parent / "sheets", folder / "sheets")
    return scores


def score_table(scores: Scores) -> Table:
    """Return a table of the scores in per cent; what is an oracle says so, with its threshold where it has one."""
    table = Table("stage", "split", "mIoU", "FP", "FN", "mAP", "", title="scores, per cent")
    for stage, splits in scores.items():
        for split, found in splits.items():
            table.add_row(
                stage, split, *(percent(found.get(name)) for name in ("miou", "fp", "fn", "map")), _remark(found)
            )
    return table


def _remark(found: Mapping[str, Any]) -> str:
    said = [ORACLE] if found.get("oracle") else []
    if "threshold" in found:
        said.append(f"threshold {found['threshold']:.2f}")
    remark = ", ".join(said)
    if "chosen_miou" in found:
        remark += f"; {percent(found['chosen_miou'])} at {found['chosen_threshold']:.2f}, chosen without masks"
    return remark
