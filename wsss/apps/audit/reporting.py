"""A data set is audited, and the page and tables are written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, final

from wsss import engine
from wsss.apps.audit.audited import audit
from wsss.apps.audit.drift_part import FEWEST
from wsss.apps.audit.findings import found_in
from wsss.apps.audit.names import BACKBONE, DRIFT, KINDS, PART_OF, PARTS, WEIGHTS
from wsss.apps.findings import FAIL_OVER, exceeded, limits_in, write_findings
from wsss.config.build import TARGET
from wsss.data.index import Index
from wsss.draw.findings import FindingsPage, worst_first
from wsss.errors import ConfigError, one_of
from wsss.store.disk_errors import refuse_unwritable

OPTIONS: Final = "wsss.models.classifier.ClassifierOptions"
RUNTIME: Final = "wsss.engine.stage.Runtime"
STRIDE: Final = 32
"""Input pixels a cell of the maps: what networks have before they are dilated."""


@final
@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """What a person asks of an audit."""

    train: str = "train"
    """The split that is learnt from."""
    what: Collection[str] = PARTS
    top: int = 12
    """Examples with pictures of each kind."""
    backbone: str = BACKBONE
    """The name of a network of timm's."""
    weights: str = WEIGHTS
    """As `classifier.weights`."""
    device: str = "auto"
    store: Path = Path("runs")
    """Where results are kept."""
    out: Path = Path("audit")
    """The folder of the page and tables."""
    fail_over: Sequence[str] = ()
    """Limits in words, such as `tags=20`."""


def report(dataset: Mapping[str, Any], options: AuditOptions, *, command: str) -> list[str]:
    """Audit a data set, write `audit.html`, `audit.json` and a CSV a table, and say what was found.

    Args:
        dataset: The layout as a config's node.
        options: What is asked.
        command: The command line, for the page.

    Returns:
        The parts that are over their limits, in a sentence each.

    Raises:
        ConfigError: An option is wrong.
        WsssError: The data set or the network cannot be had, or nothing can be written to `out`.
    """
    if options.top < 1:
        raise ConfigError([f"--top {options.top}: show at least 1 example"])
    limits = limits_in(options.fail_over, known=tuple(KINDS))
    if left_out := [kind for kind in limits if PART_OF[kind] not in options.what]:
        raise ConfigError([f"{FAIL_OVER} {kind}: add {PART_OF[kind]} to --what" for kind in left_out])
    refuse_unwritable(options.out)
    network = {TARGET: OPTIONS, "backbone": options.backbone, "weights": options.weights}
    runtime = {TARGET: RUNTIME, "device": options.device}
    made = audit(
        dataset,
        network | {"output_stride": STRIDE},
        store=options.store,
        runtime=runtime,
        command=command,
        check=partial(_check_splits, train=options.train, limits=limits),
    )
    splits = made.index.splits
    found = found_in(made, train=options.train, what=options.what, top=options.top)
    over = exceeded(limits, found.measures)
    page = FindingsPage(
        title="Audit of a data set",
        command=command,
        created=datetime.now(UTC),
        classes=made.index.classes,
        findings=found.findings,
        parts=found.parts,
        notes=made.index.notes,
    )
    head = {"dataset": str(made.index.root), "splits": {name: len(ids) for name, ids in splits.items()}}
    path = write_findings(options.out, page, name="audit", head=head, measures=found.measures)
    engine.console.print(page.verdict)
    for finding in worst_first(page.findings):
        engine.console.print(f"  {finding.level}: {finding.sentence}")
    engine.console.print(str(path.absolute()))
    return over


def _check_splits(index: Index, *, train: str, limits: Collection[str]) -> None:
    """Refuse a missing training split, and a limit that needs a second split where there is one alone."""
    if train not in index.splits:
        raise ConfigError([f"--train: there is no split {train!r}; there are {one_of(sorted(index.splits))}"])
    learnt = set(index.splits[train])
    others = [set(ids) - learnt for name, ids in index.splits.items() if name != train]
    if DRIFT in limits and min(len(learnt), max(map(len, others), default=0)) < FEWEST:
        needed = f"{train!r} and another split need {FEWEST} images each to be compared"
        raise ConfigError([f"{FAIL_OVER} {DRIFT}: {needed}; leave this limit out"])
