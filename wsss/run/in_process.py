"""A run of the pipeline in this process, from Python: `wsss.run("experiment=toy")`."""

import html
import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from wsss.draw.numbers import percent
from wsss.errors import ConfigError, WsssError
from wsss.run.command import composed_from, run_composed
from wsss.run.names import REPORT
from wsss.run.record import RunRecord, read_record
from wsss.run.scores import Scores, scores_among

SHOWN = ("miou", "fp", "fn", "map")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FinishedRun:
    """What a run made: its record, and the scores of its stages."""

    record: RunRecord
    scores: Scores
    """Metrics by stage and split, as fractions; empty where nothing was evaluated."""
    objective: float | None
    """The score that `objective=` names."""

    @property
    def folder(self) -> Path:
        """The run's folder, which `wsss.predict` and `wsss.explain` take."""
        return self.record.folder

    @property
    def report(self) -> Path:
        """The page about the run."""
        return self.folder / REPORT

    def _repr_html_(self) -> str:
        rows = [
            [stage, split, *(percent(found.get(name)) for name in SHOWN)]
            for stage, splits in self.scores.items()
            for split, found in splits.items()
        ]
        lines = [["stage", "split", "mIoU %", "FP %", "FN %", "mAP %"], *rows]
        cells = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
        return f"<table>{cells}</table><p>{html.escape(str(self.report))}</p>"


def _refuse_while_imported() -> None:
    """Refuse the run of a script that a process of a stage imports anew: it would wait for the run that waits for it.

    Processes that are not forked import the script that started them; multiprocessing notes so, and refuses likewise.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise WsssError(
            "processes of a stage import this script, which would begin the run again: "
            'call wsss.run below `if __name__ == "__main__":`'
        )


def run_in_process(overrides: str | Sequence[str] = (), *, config_dir: str | Path | None = None) -> FinishedRun:
    """Run the pipeline, or what of it is new, as `wsss run` does; progress and scores are printed.

    Args:
        overrides: The words of `wsss run`, such as `["experiment=toy", "cam=gradcam"]`, or one of them.
        config_dir: A folder of configs beside the package's own, as `--config-dir`.

    Raises:
        ConfigError: One or several overrides are wrong, or it is a plan.
        WsssError: A stage cannot do its work; the message says what to do.
    """
    _refuse_while_imported()
    words = [overrides] if isinstance(overrides, str) else list(overrides)
    config = composed_from(words, config_dir=config_dir)
    if config.plan:
        raise ConfigError(["plan=true: a plan is printed by `wsss run` and is not a run to return; leave it out"])
    outcome = run_composed(config, words)
    assert outcome is not None, "plans were refused"
    scores = scores_among(outcome.artifacts)
    return FinishedRun(record=read_record(outcome.folder), scores=scores, objective=outcome.objective)
