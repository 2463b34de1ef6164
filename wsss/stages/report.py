"""report: one self-contained page with the scores, the curves and pictures of what every stage made."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from wsss import draw
from wsss.data.index import Index
from wsss.draw.examples import row
from wsss.draw.image_table import ImageLine
from wsss.draw.outcome import Outcome, outcome_of
from wsss.draw.page import Chart, Report, StageLine, render
from wsss.draw.series import LogRow
from wsss.draw.sheet import Sheet, pick, write_sheets
from wsss.engine.fit import ADVICE
from wsss.engine.stage import Job, Reduce
from wsss.store.kinds import CHOICE, INDEX, KINDS, MAPS, MASKS, RAW_MAPS, TABLE, Kind
from wsss.store.schema import ImageTable, PixelTable, ScoreTable
from wsss.store.store import JOB, Artifact
from wsss.store.texts import write_text
from wsss.training.loggers.history import HISTORY, read_history

SHOWN: Final = (RAW_MAPS.name, MAPS.name, MASKS.name)
"""Kinds of artifacts that contact sheets show, each under the name of its stage."""


@dataclass(frozen=True, kw_only=True)
class MakeReport(Reduce):
    """Draw `report.html` from what the other stages left, and every contact sheet as a picture of its own."""

    version: ClassVar[int] = 4
    makes: ClassVar[Kind] = TABLE
    roles: ClassVar[Mapping[str, Kind]] = {"index": INDEX, "evaluation": TABLE}
    reads_graph: ClassVar[bool] = True

    title: str
    examples: int = 6
    """Images in each group of a contact sheet."""
    random_seed: int = 0

    def run(self, job: Job) -> dict[str, Any]:
        """Write the page and the pictures."""
        job.artifact.items.mkdir(parents=True, exist_ok=True)
        evaluation = job.inputs["evaluation"]
        index = job.index()
        report = Report(
            title=self.title,
            command=job.command,
            created=datetime.now(UTC),
            classes=index.classes,
            stages=tuple(stage_line(artifact) for artifact in job.inputs.values()),
            scores=evaluation.table("items/scores.json", ScoreTable),
            charts=(*self._curves(job, evaluation.table("items/curves.json", ScoreTable)), *trainings(job.inputs)),
            sheets=tuple(self._sheets(job, index, evaluation.table("items/images.json", ImageTable))),
            images=image_lines(job, index),
            outcome=outcome(job, index),
            warnings=said(job.inputs.values(), ADVICE),
            notes=all_notes(job.inputs),
            config="\n".join(artifact.content(JOB).decode() for artifact in job.inputs.values()),
        )
        write_text(job.artifact.items / "report.html", render(report))
        write_sheets(job.artifact.items / "sheets", report.sheets)
        return {}

    def _curves(self, job: Job, curves: Mapping[str, Any]) -> list[Chart]:
        artifacts = {artifact.stage: artifact for artifact in job.inputs.values()}
        return [
            Chart(
                title=f"Threshold curve: {stage} on {split}",
                svg=draw.threshold_curve(
                    points["thresholds"], points["miou"], used=used_threshold(artifacts[stage], job.inputs.values())
                ),
            )
            for stage, splits in curves.items()
            for split, points in splits.items()
        ]

    def _sheets(self, job: Job, index: Index, images: Mapping[str, Any]) -> list[Sheet]:
        """Return best, worst and random images of every split, by the last masks or maps that were scored there."""
        shown = [artifact for artifact in job.inputs.values() if artifact.kind in SHOWN]
        made = {artifact.stage: KINDS[artifact.kind].items(artifact, index) for artifact in shown}
        last = {split: ious for stage in made for split, ious in images.get(stage, {}).items()}
        # Without truth nothing is best or worst: show some of everything that was made.
        for split in index.splits:
            last.setdefault(split, dict.fromkeys(index.splits[split]))
        sheets = []
        for split, ious in last.items():
            for group, ids in pick(ious, count=self.examples, random_seed=self.random_seed).items():
                rows = tuple(row(index, index.records[i], made=made, iou=ious[i]) for i in ids)
                if rows:
                    sheets.append(Sheet.of(rows, title=f"{split}: {group}"))
        return sheets


def outcome(job: Job, index: Index) -> Outcome:
    """Return what the run reached."""
    evaluation, artifacts = job.inputs["evaluation"], list(job.inputs.values())
    learnt = [split for a in artifacts if a.kind == MASKS.name for split in a.summary["splits"][:1]][:1]
    shown = Counter(index.classes[c] for record in index.union(learnt) for c in record.classes)
    return outcome_of(
        artifacts,
        scores=evaluation.table("items/scores.json", ScoreTable),
        counts=evaluation.table("items/confusions.json", PixelTable),
        classes=index.classes,
        images={name: shown[name] for name in index.classes} if learnt else {},
    )


def image_lines(job: Job, index: Index) -> tuple[ImageLine, ...]:
    """Return all images, each with the score of the last masks that were scored, and with the network's agreement."""
    tables = [job.inputs["evaluation"].table(f"items/{name}.json", ImageTable) for name in ("images", "agreements")]
    ious, agreed = ({split: v for stage in table.values() for split, v in stage.items()} for table in tables)
    return tuple(
        ImageLine(
            id=record.id,
            split=split,
            classes=tuple(index.classes[c] for c in record.classes),
            iou=ious.get(split, {}).get(record.id),
            agreement=agreed.get(split, {}).get(record.id),
        )
        for split in index.splits
        for record in index.split(split)
    )


def said(artifacts: Iterable[Artifact], key: str) -> tuple[str, ...]:
    """Return the sentences that the stages left under a key of their summaries, each once."""
    return tuple(dict.fromkeys(words for artifact in artifacts for words in artifact.summary.get(key, ())))


def all_notes(inputs: Mapping[str, Artifact]) -> tuple[str, ...]:
    """Return what the stages say that a person should know, such as images that were left out, each once."""
    notes = said(inputs.values(), "notes")
    return tuple(dict.fromkeys([*notes, *inputs["evaluation"].table("items/notes.json", list[str])]))


def stage_line(artifact: Artifact) -> StageLine:
    """Return what the manifest says of a stage."""
    manifest = artifact.manifest()
    return StageLine(
        stage=artifact.stage,
        fingerprint=artifact.fingerprint,
        seconds=manifest.seconds,
        size=manifest.bytes,
        machine=manifest.machine,
        state=f"made {manifest.created}",
    )


def used_threshold(maps: Artifact, artifacts: Iterable[Artifact]) -> tuple[float, str] | None:
    """Return the background threshold that raw maps were given, and how it came about."""
    readers = [a for a in artifacts if a.manifest().inputs.get("maps") == maps.fingerprint]
    for kind, words in ((CHOICE, "chosen without masks"), (MAPS, "configured")):
        for reader in readers:
            if reader.kind == kind.name and "threshold" in reader.summary:
                return reader.summary["threshold"], words
    return None


def trainings(inputs: Mapping[str, Artifact]) -> list[Chart]:
    """Return the curves of every stage that kept a history."""
    charts = []
    for artifact in inputs.values():
        rows = [LogRow(step=r.step, name=r.name, value=r.value) for r in read_history(artifact.path / HISTORY)]
        if rows:
            charts.append(Chart(title=f"Training: {artifact.stage}", svg=draw.training_curves(rows)))
    return charts
