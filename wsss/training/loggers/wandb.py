"""Runs of Weights & Biases: one for a training, which keeps its id when it is resumed, and one for a run's outcome."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

import wandb
from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.utilities import rank_zero_only

from wsss.store.results import LOGS
from wsss.store.schema import Plain
from wsss.store.store import JOB
from wsss.store.texts import read_json, read_yaml, write_json
from wsss.training.loggers.history import HistoryRow
from wsss.training.loggers.local import frozen_config

KEPT: Final = "wandb.json"
"""The id of a run, and whether it was online: below `logs`, which no manifest covers."""
PATIENCE: Final = 300.0
"""Seconds that the end of a training waits for an upload; what is left is on disk, for `wandb sync`."""
RECORD: Final = "run.yaml"
SCORES: Final = "scores.json"
PAGE: Final = "report.html"
SHEETS: Final = "sheets"
"""What lies in a run's folder."""
STEP: Final = "trainer/global_step"
"""The horizontal axis: Lightning's name for it."""

Seen = frozenset[tuple[int, str]]
Mode = Literal["online", "offline"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where runs go: project and team, what they stand beside, and whether they are sent as they are made."""

    project: str
    entity: str | None
    group: str | None
    tags: tuple[str, ...]
    mode: Mode


class WandbRun(WandbLogger):
    """A run that ends with its training, so that the next stage of the same process begins another.

    `seen` are (step, name) pairs that it has already: W&B cannot take them back, and would draw them twice.
    """

    def __init__(self, run: wandb.Run, *, seen: Seen) -> None:
        super().__init__(experiment=run)
        self._seen = seen

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log what is new."""
        new = {name: value for name, value in metrics.items() if (step, name) not in self._seen}
        if new.keys() - {"epoch"}:
            super().log_metrics(new, step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Finish the run; anything but success marks it as failed, until it is resumed."""
        super().finalize(status)
        self.experiment.finish(exit_code=0 if status == "success" else 1)


def training_run(place: Place, folder: Path, step: int, *, logged: Iterable[HistoryRow]) -> WandbRun:
    """Return the run of a stage's training, which goes on after `step` steps.

    `logged` is the history so far. Online, W&B has it already, and it is not sent again. A run that was offline until
    now cannot be continued, since `wandb sync` puts the last part in place of the others: it gets the history anew.
    """
    stage, fingerprint = folder.parent.name, folder.name
    run_id, goes_on = claimed_id(folder / LOGS, prefix=fingerprint, mode=place.mode)
    run = start(
        place,
        folder / LOGS,
        run_id=run_id,
        name=f"{stage} {fingerprint}",
        job_type=stage,
        config=frozen_config(folder / JOB),
    )
    run.define_metric(STEP)
    run.define_metric("*", step_metric=STEP, step_sync=True)
    seen: Seen = frozenset((row.step, row.name) for row in logged) if goes_on else frozenset()
    logger = WandbRun(run, seen=seen)
    for at, rows in groupby((row for row in logged if row.step < step), key=lambda row: row.step):
        logger.log_metrics({row.name: row.value for row in rows}, at)
    return logger


def claimed_id(logs: Path, *, prefix: str, mode: Mode) -> tuple[str, bool]:
    """Return the id kept in a folder, or a new one, and whether W&B's server has what was logged under it."""
    logs.mkdir(parents=True, exist_ok=True)
    path = logs / KEPT
    kept: dict[str, str] = read_json(path, dict[str, str]) if path.exists() else {}
    # Chance, since two people may make the same artifact and share a project.
    run_id = kept.get("id") or f"{prefix}-{secrets.token_hex(4)}"
    write_json(path, {"id": run_id, "mode": mode})
    return run_id, kept.get("mode") == mode == "online"


def start(place: Place, logs: Path, *, run_id: str, name: str, job_type: str, config: Mapping[str, Any]) -> wandb.Run:
    """Start a run, or go on with it; it writes below `logs` and leaves the screen alone."""
    return wandb.init(
        project=place.project,
        entity=place.entity,
        group=place.group,
        tags=list(place.tags),
        mode=place.mode,
        dir=logs,
        id=run_id,
        name=name,
        job_type=job_type,
        config=dict(config),
        allow_val_change=True,
        resume="allow",
        reinit="create_new",
        settings=wandb.Settings(console="off", silent=True, finish_timeout=PATIENCE, finish_timeout_raises=True),
    )


def send_outcome(place: Place, folder: Path) -> str:
    """Send what a run's folder holds, as a run of its own, and return where that is.

    Scores are its summary; contact sheets and the page are shown; and the files are kept as an artifact.
    """
    record = read_yaml(folder / RECORD, Plain, remedy="run again")
    run_id, _ = claimed_id(folder / LOGS, prefix="outcome", mode=place.mode)
    name = f"{folder.parent.name} {folder.name}"
    with start(place, folder / LOGS, run_id=run_id, name=name, job_type="outcome", config=record["config"]) as run:
        if (scores := folder / SCORES).exists():
            run.summary.update(flat_scores(read_json(scores, Plain)))
        shown: dict[str, Any] = {
            f"{SHEETS}/{path.stem}": wandb.Image(str(path)) for path in sorted((folder / SHEETS).glob("*.jpg"))
        }
        if (page := folder / PAGE).exists():
            shown["report"] = wandb.Html(str(page), inject=False)
        run.log(shown)
        artifact = wandb.Artifact(run_id, type="outcome")
        for path in (folder / name for name in (RECORD, SCORES, PAGE)):
            if path.exists():
                artifact.add_file(str(path))
        run.log_artifact(artifact)
        return f"wandb: offline; `wandb sync {run.sync_dir}` sends it" if run.offline else f"wandb: {run.url}"


def flat_scores(scores: Mapping[str, Any], *, prefix: str = "") -> dict[str, float]:
    """Return the numbers of nested scores by their path, such as `predict_masks/val/miou`."""
    flat: dict[str, float] = {}
    for name, value in scores.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat |= flat_scores(value, prefix=f"{key}/")
        elif isinstance(value, int | float):
            flat[key] = value
    return flat
