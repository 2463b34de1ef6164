"""Lightning loggers of a training. The CSV history is our own: Lightning's deletes its file when a run resumes."""

import csv
import math
from argparse import Namespace
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger, TensorBoardLogger
from pytorch_lightning.utilities import rank_zero_only

from wsss.store.jobs import read_job
from wsss.store.texts import whole
from wsss.training.loggers.history import HEADER, read_history


class History(Logger):
    """Append every logged number to a CSV in long form: step, name, value.

    A training that resumes goes on from an earlier step than it had reached: `rewind` drops what will be logged again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @classmethod
    def opened(cls, path: Path, step: int) -> "History":
        """Return the history of a training that goes on after `step` steps."""
        history = cls(path)
        history.rewind(step)
        return history

    @property
    def name(self) -> str:
        """See Lightning."""
        return "history"

    @property
    def version(self) -> str:
        """See Lightning."""
        return ""

    @rank_zero_only
    def rewind(self, step: int) -> None:
        """Drop what was logged at `step` or later."""
        kept = [row for row in read_history(self._path) if row.step < step]
        with whole(self._path) as hidden, hidden.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *kept])

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Append finite numbers; the epoch follows from the step and is left out."""
        rows = [(step, name, value) for name, value in metrics.items() if name != "epoch" and math.isfinite(value)]
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Hold nothing: the stage's frozen config lies beside the history."""


def tensorboard(logs: Path, step: int, *, job: Path) -> TensorBoardLogger:
    """Return TensorBoard's logger; `purge_step` hides what was logged at `step` or later, before a resume."""
    logger = TensorBoardLogger(logs / "tensorboard", name="", version="", default_hp_metric=False, purge_step=step)
    logger.log_hyperparams(frozen_config(job))
    return logger


def frozen_config(job: Path) -> dict[str, Any]:
    """Return a stage's config out of its frozen job; empty where there is none, as in a training without a stage."""
    return read_job(job).config if job.exists() else {}
