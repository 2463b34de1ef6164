"""Debug a run: every part that was asked for, on one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from wsss.apps.audit import audit_run
from wsss.apps.batch.inputs import find_inputs
from wsss.apps.debug.annotate import COUNT, annotate
from wsss.apps.debug.confusions import confusions
from wsss.apps.debug.context import context
from wsss.apps.debug.labels import LEAKS, TAGS, leaking, suspect_tags
from wsss.apps.debug.negatives import negatives
from wsss.apps.debug.result import Result
from wsss.apps.debug.slices import slices
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey, survey
from wsss.apps.findings import Measure
from wsss.draw.findings import FindingsPage

USUAL: Final = ("context", "confusions", "slices", "annotate")
"""What is looked at unless something else is asked for."""
LABELS: Final = (TAGS, LEAKS)
"""What asks a second network about the data themselves."""
PARTS: Final = (*USUAL, *LABELS)
NEGATIVES: Final = "negatives"
"""What is looked at where a folder of negatives is given."""
NAME: Final = "debug"
"""Of the files: `debug.html` and `debug.json`."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked: the parts, and how closely they look."""

    parts: tuple[str, ...] = USUAL
    split: str | None = None
    """Where all parts look; None: contexts in all images that the run knows, choices for annotation in those that were
    learnt from, and the rest in those that were not."""
    images: int = 20
    """Images of each class whose objects are erased."""
    count: int = COUNT
    """Images to annotate."""
    negatives: Path | None = None
    random_seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Debugged:
    """A page, and the numbers that limits may be set to."""

    page: FindingsPage
    measures: Mapping[str, Measure]


def debug(subject: Subject, request: Request, *, title: str, command: str) -> Debugged:
    """Look at a run; raises `DataError` for a split that is not there, and for negatives that cannot be read."""
    wanted = [request.split] if request.split is not None else [subject.val, subject.train]
    for split in wanted:
        subject.index.split(split)
    if request.negatives is not None:
        find_inputs([request.negatives])  # what is not there is refused before the work of minutes
    results: dict[str, Result] = {}
    if asked := [name for name in request.parts if name in USUAL]:
        looked = survey(subject, wanted, random_seed=request.random_seed)
        runs = _runs(subject, looked, request)
        results = {name: runs[name]() for name in asked}
    if asked := [name for name in request.parts if name in LABELS]:
        assert subject.record is not None, "a run has a record"
        audited, dynamics = audit_run(subject.record)
        judges = {
            TAGS: lambda: suspect_tags(subject, audited, dynamics),
            LEAKS: lambda: leaking(subject, audited),
        }
        results |= {name: judges[name]() for name in asked}
    if request.negatives is not None:
        results[NEGATIVES] = negatives(
            subject.network, request.negatives, classes=subject.classes, white=subject.index.white
        )
    return Debugged(
        page=FindingsPage(
            title=title,
            command=command,
            created=datetime.now(UTC),
            classes=subject.classes,
            findings=tuple(finding for result in results.values() for finding in result.findings),
            parts=tuple(result.part for result in results.values()),
            notes=_notes(subject, wanted),
        ),
        measures={name: result.measure for name, result in results.items() if result.measure is not None},
    )


def head(subject: Subject, request: Request, *, run: Path) -> dict[str, Any]:
    """Return what `debug.json` says of what was looked at."""
    record = subject.record
    return {
        "run": str(run.expanduser().resolve()),
        "stages": {} if record is None else dict(record.stages),
        "parts": list(request.parts),
        "split": request.split,
        "images": request.images,
        "side": subject.network.side,
        "random_seed": request.random_seed,
        "cam": repr(subject.network.cam),
        "negatives": None if request.negatives is None else str(request.negatives),
    }


def _runs(subject: Subject, looked: Survey, request: Request) -> dict[str, Callable[[], Result]]:
    unseen, learnt = request.split or subject.val, request.split or subject.train
    seed = request.random_seed
    return {
        "context": lambda: context(subject, looked, split=unseen, images=request.images, random_seed=seed),
        "confusions": lambda: confusions(subject, looked, split=unseen),
        "slices": lambda: slices(subject, looked, split=unseen, random_seed=seed),
        "annotate": lambda: annotate(subject, looked, split=learnt, count=request.count),
    }


def _notes(subject: Subject, splits: Sequence[str]) -> tuple[str, ...]:
    records = subject.index.union(splits)
    masked = sum(record.mask is not None for record in records)
    if masked:
        return (
            f"{masked} of {len(records)} images have a true mask: they make columns of their own and feed nothing.",
        )
    blind = "a context that its masks take for the object cannot be told from it"
    return (f"No image has a true mask, so objects are where the run says: {blind}.",)
