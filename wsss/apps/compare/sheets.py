"""Contact sheets of the images on which one run's masks are better, or worse, than another's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from wsss.apps.compare.compared import Compared
from wsss.apps.compare.groups import Group
from wsss.data.index import Index, Record
from wsss.draw.numbers import percent
from wsss.draw.panels import ImagePanel, MaskPanel, Panel
from wsss.draw.sheet import Sheet, SheetRow
from wsss.errors import StoreError, one_of
from wsss.places import Place
from wsss.store.items import Items
from wsss.store.kinds import INDEX, MASKS
from wsss.store.store import Artifact
from wsss.store.verify import refuse_changed

WORTH: Final = 0.01
"""Differences in an image's own IoU below this are none."""


class Masks(NamedTuple):
    """Which masks are compared."""

    stage: str
    split: str


def scored_masks(runs: Sequence[Compared]) -> list[Masks]:
    """Return the stages and splits whose masks all runs have and have scored, in the order of the first run."""
    return [
        Masks(stage, split)
        for stage, splits in runs[0].images.items()
        for split in splits
        if all(split in run.images.get(stage, {}) and _are_masks(run, stage) for run in runs)
    ]


def chosen_masks(runs: Sequence[Compared], *, wanted: str | None) -> Masks:
    """Return what `wanted` names, as stage:split, or the last masks; raises `StoreError` where they are not there."""
    every = {f"{masks.stage}:{masks.split}": masks for masks in scored_masks(runs)}
    if not every:
        raise StoreError("these runs have no scored masks in common: compare runs on one data set that has true masks")
    if wanted is not None and wanted not in every:
        raise StoreError(f"--masks {wanted}: these runs have in common: {one_of(list(every))}")
    return every[wanted if wanted is not None else list(every)[-1]]


def gain_sheets(group: Group, other_group: Group, masks: Masks, *, count: int) -> tuple[Sheet, ...]:
    """Return two sheets at most, of the images on which another group's first run gains and loses most.

    It is the images' own IoU that counts. Raises `StoreError` where the two have no scored image in common.
    """
    first, other = group.runs[0], other_group.runs[0]
    index = first.index()
    before, after = (run.images[masks.stage][masks.split] for run in (first, other))
    gains = {
        image: other_iou - iou
        for image, iou in before.items()
        if iou is not None and (other_iou := after.get(image)) is not None
    }
    if not gains:
        raise StoreError(f"{first.name} and {other.name} have no scored image of {masks.split} in common")
    ranked = sorted(gains, key=lambda image: (-gains[image], image))
    groups = {
        "better": [image for image in ranked if gains[image] >= WORTH][:count],
        "worse": [image for image in ranked[::-1] if gains[image] <= -WORTH][:count],
    }
    drawn = first.artifact(first.record.last(INDEX))
    made = [(run, _items(run, masks)) for run in (first, other)]
    return tuple(
        Sheet(
            title=f"{other_group.name} {word} than {group.name}",
            rows=tuple(_row(index, image, masks, made=made, drawn=drawn) for image in images),
        )
        for word, images in groups.items()
        if images
    )


def _items(run: Compared, masks: Masks) -> Items:
    return MASKS.items(run.artifact(masks.stage), run.index())


def _row(
    index: Index, image: str, masks: Masks, *, made: Sequence[tuple[Compared, Items]], drawn: Artifact
) -> SheetRow:
    record = index.records[image]
    path = index.mask_path(record)
    assert path is not None, "an image without a mask is not scored"
    _refuse_changed(drawn, path, index.image_path(record))
    truth = index.truth(record)
    assert truth is not None
    panels: list[Panel] = [ImagePanel(title="image")]
    for run, items in made:
        own = run.images[masks.stage][masks.split][image]
        panels.append(MaskPanel(title=run.name, words=f"IoU {percent(own)}", labels=_mask(run, masks, items, record)))
    panels.append(MaskPanel(title="truth", labels=truth))
    return SheetRow(
        id=record.id,
        image=index.pixels(record),
        classes=tuple(index.classes[c] for c in record.classes),
        panels=tuple(panels),
    )


def _refuse_changed(artifact: Artifact, *places: Place) -> None:
    """Refuse files of an artifact that are not as they were made; images of a data set may lie elsewhere."""
    for place in places:
        if isinstance(place, Path) and place.is_relative_to(artifact.path):
            refuse_changed(artifact, place)


def _mask(run: Compared, masks: Masks, items: Items, record: Record) -> NDArray[np.uint8]:
    artifact = run.artifact(masks.stage)
    _refuse_changed(artifact, items.file(record))
    return cast("NDArray[np.uint8]", items.read(record))


def _are_masks(run: Compared, stage: str) -> bool:
    return run.artifact(stage).kind == MASKS.name
