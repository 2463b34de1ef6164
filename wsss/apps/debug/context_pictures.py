"""Pictures of contexts: an image with its object and its context erased, and crops of a kind of background."""

from collections.abc import Sequence
from typing import Final

import torch

from wsss.apps.debug.erase import Erased
from wsss.apps.debug.network import Picture
from wsss.apps.debug.result import per_cent
from wsss.apps.debug.subject import Subject
from wsss.apps.debug.survey import Survey
from wsss.draw.findings import Mosaic
from wsss.draw.panels import HeatPanel, ImagePanel, Panel, PicturePanel, resized
from wsss.draw.sheet import Sheet, SheetRow
from wsss.metrics.cell_clusters import CellClusters
from wsss.metrics.counterfactual import Filling, dilated, erased

ROWS: Final = 6
CROPS: Final = 12
CELLS: Final = 3
"""Cells along a crop's side."""
CROP_SIDE: Final = 88
FILLING: Final[Filling] = "road"
"""What erased regions are drawn with."""


def counterfactual_sheet(subject: Subject, looked: Survey, images: Sequence[Erased], *, cls: int, origin: str) -> Sheet:
    """Show images as they are, the map of a class, and what is left without the object and without the context."""
    rows = tuple(_row(subject, looked, each, cls=cls, origin=origin) for each in images[:ROWS])
    return Sheet(title="", rows=rows)


def mosaic(
    subject: Subject, looked: Survey, *, cls: int, cluster: int, clusters: CellClusters | None, lift: float
) -> Mosaic:
    """Show crops around the cells of a class's images that are nearest to a cluster's centre, one an image."""
    assert clusters is not None
    own = looked.tags[looked.places[:, 0], cls]
    cells, places = looked.cells[own], looked.places[own]
    assigned = clusters.assign(cells)
    crops: dict[int, Picture] = {}
    for place in clusters.nearest(cells, cluster).tolist():
        image, row, column = places[place].tolist()
        if assigned[place] == cluster and image not in crops:
            crops[image] = _crop(subject, looked, image=image, row=row, column=column)
        if len(crops) == CROPS:
            break
    return Mosaic(
        title=f"background {cluster} with {subject.classes[cls]}",
        pictures=tuple(crops.values()),
        note=f"crops of {len(crops)} images; {lift:.1f} times as frequent as in all images",
    )


def _row(subject: Subject, looked: Survey, each: Erased, *, cls: int, origin: str) -> SheetRow:
    record = looked.records[each.image]
    image = subject.index.pixels(record)
    seen = subject.network.seen(image)
    heat = subject.network.heat(seen, cls)
    objects = subject.objects(record, split=looked.splits[each.image], cls=cls, heat=heat)
    region = dilated(objects[origin])
    both = erased(seen, torch.stack([region, ~region]).to(seen.device), filling=FILLING)
    found = each.origins[origin][FILLING]
    panels: tuple[Panel, ...] = (
        ImagePanel(title="image", words=per_cent(each.whole)),
        HeatPanel(title=f"map of {subject.classes[cls]}", scores=heat.numpy()),
        PicturePanel(
            title="object erased", words=per_cent(found.without_object), picture=subject.network.shown(both[0])
        ),
        PicturePanel(
            title="context erased", words=per_cent(found.without_context), picture=subject.network.shown(both[1])
        ),
    )
    names = tuple(subject.classes[c] for c in record.classes)
    return SheetRow(id=record.id, image=image, classes=names, panels=panels)


def _crop(subject: Subject, looked: Survey, *, image: int, row: int, column: int) -> Picture:
    pixels = subject.index.pixels(looked.records[image])
    rows, columns = looked.grids[image].tolist()
    height, width = pixels.shape[0] / rows, pixels.shape[1] / columns
    half = CELLS * max(height, width) / 2
    top, left = (int(max(0, (place + 0.5) * side - half)) for place, side in ((row, height), (column, width)))
    crop = pixels[top : top + max(1, int(2 * half)), left : left + max(1, int(2 * half))]
    return resized(crop, side=CROP_SIDE)
