"""Examples of a report: one image with whatever the stages made of it."""

from collections.abc import Mapping

from wsss.data.index import Index, Record
from wsss.draw.panels import HeatPanel, ImagePanel, MaskPanel, MissingPanel, Panel
from wsss.draw.sheet import SheetRow
from wsss.store.items import Items
from wsss.types import ScoreMaps


def row(index: Index, record: Record, *, made: Mapping[str, Items], iou: float | None) -> SheetRow:
    """Return one image with whatever the stages made of it."""
    truth = index.truth(record)
    panels: list[Panel] = [ImagePanel(title="image")]
    panels += [panel(items, record, title=title, class_names=index.classes) for title, items in made.items()]
    panels.append(MaskPanel(title="truth", labels=truth) if truth is not None else _missing("truth", "no true mask"))
    return SheetRow(
        id=record.id,
        image=index.pixels(record),
        classes=tuple(index.classes[c] for c in record.classes),
        panels=tuple(panels),
        iou=iou,
    )


def panel(items: Items, record: Record, *, title: str, class_names: tuple[str, ...]) -> Panel:
    """Return what a stage made of an image, or why there is nothing."""
    if not items.has(record):
        return _missing(title, "not made for this split")
    item = items.read(record)
    if isinstance(item, ScoreMaps):
        return HeatPanel.of(item, title=title, class_names=class_names)
    return MaskPanel(title=title, labels=item)


def _missing(title: str, why: str) -> Panel:
    return MissingPanel(title=title, words=why)
