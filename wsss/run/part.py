"""A part of a pipeline: the stages up to one (`until`), or from one on (`from`)."""

from collections.abc import Mapping, Sequence
from typing import Final

from wsss.config.suggest import unknown
from wsss.engine.stage import Stage
from wsss.errors import ConfigError, one_of
from wsss.run.graph import Reads, after, before

UNTIL: Final = "until"
FROM: Final = "from"


def up_to(stages: Mapping[str, Stage], last: str) -> dict[str, Stage]:
    """Return what a stage needs and the stage itself; and what scores and reports everything, of what is left.

    Raises `ConfigError` where there is no such stage.
    """
    _check(UNTIL, last, list(stages))
    reads: Reads = {name: stage.inputs for name, stage in stages.items()}
    kept = {last} | before(last, reads)
    if stages[last].reads_graph:
        kept |= {name for name, stage in stages.items() if not stage.reads_graph}
    else:
        readers = [name for name, stage in stages.items() if stage.reads_graph]
        while more := [name for name in readers if name not in kept and kept >= set(reads[name].values())]:
            kept.update(more)
    return {name: stage for name, stage in stages.items() if name in kept}


def check_from(first: str, reads: Reads, *, missing: Sequence[str]) -> None:
    """Refuse to start at a stage while others are `missing` that it, and what reads it, does not include.

    Raises `ConfigError` where there is no such stage, and where others have to be made before.
    """
    _check(FROM, first, list(reads))
    own = after(first, reads)
    if others := [name for name in missing if name not in own]:
        words = "is not made yet" if len(others) == 1 else "are not made yet"
        remedy = f"run without {FROM}, or with {UNTIL}={others[-1]} first"
        raise ConfigError([f"{FROM}: the run cannot start at {first!r}, since {one_of(others)} {words}: {remedy}"])


def _check(key: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise ConfigError([f"{key}: {unknown('stage', name, names)}"])
