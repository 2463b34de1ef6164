"""The pictures of a run: every image with the maps and masks that its stages made, drawn when they are asked for."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from PIL import Image

from wsss.apps.view.found import findings_at, findings_beside, read_all, told
from wsss.apps.view.ticks import Ticks
from wsss.data.index import Index, Record
from wsss.draw.overlay import Picture
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, Panel, shrunk
from wsss.engine.stage import read_index
from wsss.errors import StoreError
from wsss.run.record import RunRecord, read_record
from wsss.stages.evaluate import Evaluate
from wsss.store.kinds import INDEX, KINDS, MAPS, MASKS, RAW_MAPS, TABLE
from wsss.store.schema import ImageTable
from wsss.store.store import Artifact

SIDE: Final = 640
"""Pixels of a picture's longer side."""
SMALL: Final = 200
"""Pixels of that of a small one."""
TRUTH: Final = "truth"
IMAGE: Final = "image"
SHOWN: Final = (RAW_MAPS.name, MAPS.name, MASKS.name)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Gallery:
    """A finished run as the page shows it; pictures and images are asked for by number, never by a path."""

    title: str
    index: Index
    records: tuple[Record, ...]
    artifacts: tuple[Artifact, ...]
    """Those whose items are drawn, in the order of the run."""
    scores: dict[str, float | None] = field(default_factory=dict)
    """Every image's own IoU, of the last masks that were scored."""
    findings: Sequence[dict[str, Any]] = ()
    ticks: Sequence[Ticks] = ()

    @classmethod
    def of(cls, run: Path, *, store: Path | None = None, findings: Sequence[Path] = ()) -> "Gallery":
        """Read a run's folder, and findings: those that are named, or else those that lie in the run's folder.

        Raises `StoreError` where it is not a finished run, and `DataError` where there are no findings.
        """
        record = read_record(run, store=store)
        index = read_index(record.artifact(record.last(INDEX)))
        files, ticks = read_all(findings_at(findings) if findings else findings_beside(run))
        stages = [name for name in record.stages if record.makes.get(name) in SHOWN]
        return cls(
            title="/".join(record.folder.parts[-2:]),
            index=index,
            records=tuple(index.records.values()),
            artifacts=tuple(artifact for name in stages if (artifact := _finished(record, name)) is not None),
            scores=_scores(record),
            findings=told(files),
            ticks=ticks,
        )

    @property
    def panels(self) -> tuple[str, ...]:
        """Names of the pictures that an image may have."""
        truth = (TRUTH,) if any(record.mask for record in self.records) else ()
        return (IMAGE, *(artifact.stage for artifact in self.artifacts), *truth)

    def table(self) -> dict[str, Any]:
        """Return everything that the page says, as JSON has it."""
        splits: dict[str, list[str]] = {}
        for name, ids in self.index.splits.items():
            for each in ids:
                splits.setdefault(each, []).append(name)
        return {
            "title": self.title,
            "classes": self.index.classes,
            "splits": list(self.index.splits),
            "panels": self.panels,
            "findings": self.findings,
            "suspects": [vars(each) for number, ticks in enumerate(self.ticks) for each in ticks.suspects(number)],
            "images": [
                {
                    "id": record.id,
                    "path": record.image,
                    "splits": splits.get(record.id, []),
                    "classes": [self.index.classes[cls] for cls in record.classes],
                    "score": self.scores.get(record.id),
                    "panels": [number for number, _ in enumerate(self.panels) if self._panel(record, number)],
                }
                for record in self.records
            ],
        }

    def picture(self, image: int, panel: int, *, side: int = SIDE) -> bytes | None:
        """Return a picture as JPEG; None where there is none of this number."""
        if not (0 <= image < len(self.records) and 0 <= panel < len(self.panels)):
            return None
        record = self.records[image]
        made = self._panel(record, panel)
        if made is None:
            return None
        pixels: Picture = shrunk(self.index.pixels(record), side=side)
        file = io.BytesIO()
        Image.fromarray(np.asarray(made().draw(pixels))).save(file, format="JPEG", quality=88)
        return file.getvalue()

    def _panel(self, record: Record, panel: int) -> Callable[[], Panel] | None:
        """Return what makes a picture, None where the image has no such."""
        name = self.panels[panel]
        if name == IMAGE:
            return lambda: ImagePanel(title=IMAGE)
        if name == TRUTH:
            return None if record.mask is None else lambda: MaskPanel(title=TRUTH, labels=self._truth(record))
        artifact = self.artifacts[panel - 1]
        items = KINDS[artifact.kind].items(artifact, self.index)
        if not items.has(record):
            return None
        if artifact.kind == MASKS.name:
            return lambda: MaskPanel(title=name, labels=items.read(record))
        return lambda: HeatPanel.of(items.read(record), title=name, class_names=self.index.classes)

    def _truth(self, record: Record) -> Any:
        found = self.index.truth(record)
        assert found is not None, "it has one"
        return found


def _finished(record: RunRecord, name: str) -> Artifact | None:
    try:
        return record.artifact(name)
    except StoreError:  # a run may be browsed while it goes on
        return None


def _scores(record: RunRecord) -> dict[str, float | None]:
    try:
        tables = record.artifact(record.last(TABLE, by=Evaluate)).table("items/images.json", ImageTable)
    except StoreError:  # not evaluated yet
        return {}
    of_stages = [table for splits in tables.values() for table in splits.values()]
    merged: dict[str, float | None] = {}
    for table in of_stages:
        merged |= table
    return merged
