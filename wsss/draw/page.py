"""The report: everything that a person wants to know of a run, as one HTML file that needs no network and no script."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import jinja2
import numpy as np
from markupsafe import Markup

from wsss import draw
from wsss.draw.advice import PAGE, advice, findings
from wsss.draw.confusions import confusion_table
from wsss.draw.image_table import ORDERS, ImageLine, ranked
from wsss.draw.label_colours import label_colours
from wsss.draw.numbers import ABSENT, ORACLE, duration, file_size, percent, without_masks
from wsss.draw.outcome import Outcome
from wsss.draw.overlay import mask_picture
from wsss.draw.sheet import Sheet, jpeg_address
from wsss.draw.tables import shown
from wsss.labels import BACKGROUND, IGNORE, label_names
from wsss.store.manifest import Machine

Metrics = Mapping[str, Any]
"""As in `scores.json`: fractions `miou`, `map`, `fp`, `fn`; `threshold`; `iou`, a fraction or None for each name."""

TEMPLATE: Final = "report.html.j2"
BOXED: Final = frozenset({"max_box_acc_v2", "corloc"})
"""Metrics of boxes: without any of them their columns are left out."""
COLUMNS: Final = frozenset({"miou", "map", "fp", "fn"}) | BOXED
"""Metrics that the table of scores has columns for; a line without any of them is left out."""


@dataclass(frozen=True, kw_only=True)
class StageLine:
    """One line of the table of stages: seconds and bytes are None where they are not known."""

    stage: str
    fingerprint: str
    seconds: float | None
    size: int | None
    state: str
    machine: Machine | None = None
    """Where it ran, and the memory that it took."""

    @property
    def memory(self) -> str:
        """The memory that it took, in words: of the GPU too where one was used."""
        if self.machine is None:
            return ABSENT
        own = file_size(self.machine.peak)
        return f"{own} + {file_size(self.machine.gpu_peak)} GPU" if self.machine.gpu_peak else own


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A curve and its heading; `svg` is `Markup`, as `wsss.draw.curves` makes it: a plain string would be escaped."""

    title: str
    svg: Markup
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a report shows. `classes` are the foreground names in the order of their indices; `config` is YAML.

    `scores` maps stage and split to metrics. What is empty is said to be missing on the page; `notes` is the place to
    say why, one sentence each.
    """

    title: str
    command: str
    created: datetime
    classes: tuple[str, ...]
    stages: tuple[StageLine, ...] = ()
    scores: Mapping[str, Mapping[str, Metrics]]
    charts: tuple[Chart, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    images: tuple[ImageLine, ...] = ()
    outcome: Outcome | None = None
    warnings: tuple[str, ...] = ()
    """What stages say that a person must know before anything else."""
    notes: tuple[str, ...] = ()
    config: str = ""


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """The metrics of one stage on one split."""

    stage: str
    split: str
    metrics: Metrics


@dataclass(frozen=True, kw_only=True)
class ClassLine:
    """IoU of one label in every column of the table of classes; None where it does not occur or was not scored."""

    name: str
    iou: tuple[float | None, ...]


def render(report: Report) -> str:
    """Return the page. Whatever comes from a user is escaped; pictures and charts are inside."""
    every = score_lines(report.scores)
    lines = [line for line in every if COLUMNS & line.metrics.keys()]
    free = [(line, without_masks(line.metrics)) for line in every]
    columns = [line for line in lines if line.metrics.get("iou")]
    outcome = report.outcome or Outcome(classes=report.classes)
    judged = {id(result): result for result in (outcome.masks, outcome.trained, outcome.unseen) if result}
    names = label_names(report.classes)
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            lines=lines,
            columns=columns,
            without_masks=[f"{line.stage} on {line.split}: {', '.join(words)}" for line, words in free if words],
            boxed=any(BOXED & line.metrics.keys() for line in lines),
            class_lines=class_lines(columns, names=names),
            findings=findings(outcome),
            advice=advice(outcome, warned=bool(report.warnings)),
            advice_page=PAGE,
            confusions=[table for result in judged.values() if (table := confusion_table(result, names=names))],
            colours=css_colours(report.classes),
            ignored=jpeg_address(mask_picture(np.full((12, 12), IGNORE, dtype=np.uint8))),
            oracle=ORACLE,
            images=ranked(report.images),
            orders=ORDERS,
            image_count=len(report.images),
            places=places_of(report.sheets),
            machines=machines(report.stages),
            heat=jpeg_address(np.repeat(draw.heat_colours()[None], 8, axis=0)),
        )
    )


def places_of(sheets: Sequence[Sheet]) -> dict[str, str]:
    """Return where each example stands, by the image's id: `example-1-2` is the second of the first sheet."""
    every = [(row.id, f"example-{s}-{r}") for s, sheet in enumerate(sheets, 1) for r, row in enumerate(sheet.rows, 1)]
    return dict(reversed(every))


def machines(stages: Iterable[StageLine]) -> list[str]:
    """Say on which machines the stages ran, each once."""
    known = [stage.machine for stage in stages if stage.machine]
    return list(
        dict.fromkeys(
            f"{each.device}, {each.cores} cores a process, {file_size(each.memory)} of memory" for each in known
        )
    )


def score_lines(scores: Mapping[str, Mapping[str, Metrics]]) -> list[ScoreLine]:
    """Return one line for each stage and split, in the order given; what is nan becomes None."""
    return [
        ScoreLine(stage=stage, split=split, metrics={name: _known(value) for name, value in metrics.items()})
        for stage, splits in scores.items()
        for split, metrics in splits.items()
    ]


def class_lines(columns: list[ScoreLine], *, names: tuple[str, ...]) -> list[ClassLine]:
    """Turn the columns' IoUs into rows: first `names` in their order, then whatever other names were scored."""
    scored = dict.fromkeys(name for column in columns for name in column.metrics["iou"])
    every = [name for name in names if name in scored] + [name for name in scored if name not in names]
    return [ClassLine(name=name, iou=tuple(column.metrics["iou"].get(name) for column in columns)) for name in every]


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(each) for name, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def css_colours(classes: tuple[str, ...]) -> dict[str, str]:
    """Return each label's colour by name; the background, which is not tinted, has none."""
    colours = label_colours()
    named = enumerate(label_names(classes))
    return {name: "#" + bytes(colours[label].tolist()).hex() for label, name in named if label != BACKGROUND}


@cache
def environment() -> jinja2.Environment:
    """Return what every page is rendered with: values are escaped, and one that is missing is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("wsss.draw", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, duration=duration, file_size=file_size, cell=shown)
    return environment
