"""Contact sheets of an audit: an image with the evidence for a tag, its neighbours, and images side by side."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float16, Float32, UInt8
from PIL import Image

from wsss.apps.audit.audited import Audited
from wsss.audit.suspects import Suspect
from wsss.draw.overlay import Picture
from wsss.draw.panels import LONG_SIDE, HeatPanel, ImagePanel, MissingPanel, Panel, PicturePanel, shrunk
from wsss.draw.sheet import Sheet, SheetRow

COLUMNS: Final = 3
"""Neighbours beside an image."""
GROUND: Final = 236
"""Grey around a picture of other proportions."""
SIDE: Final = 480

Photograph = UInt8[np.ndarray, "_ _ 3"]


def suspect_sheet(audited: Audited, suspects: Sequence[Suspect], *, title: str) -> Sheet:
    """Show suspects: image, map of the class, map of the tagged class that it overlaps, neighbours with the tag."""
    place = {id(each): number for number, each in enumerate(audited.tags.suspects)}
    return Sheet(title=title, rows=tuple(_row(audited, each, place=place[id(each)]) for each in suspects))


def _row(audited: Audited, suspect: Suspect, *, place: int) -> SheetRow:
    own, thief = (maps[place] for maps in audited.maps)
    classes, image = audited.tags.classes, picture(audited, suspect.image)
    highest = max(float(own.max()), float(thief.max()), classes[suspect.cls].threshold)
    name = classes[suspect.cls].name
    maps: list[Panel] = [
        HeatPanel(title="evidence for it", words=f"{name}: p {suspect.p:.2f}", scores=_heat(own, highest))
    ]
    if suspect.thief is None:
        maps.append(MissingPanel(title="for another tag", words="nothing overlaps"))
    else:
        words = f"{classes[suspect.thief].name}: {suspect.theft:.2f}"
        maps.append(HeatPanel(title="for another tag", words=words, scores=_heat(thief, highest)))
    said = f"add {name}?" if suspect.kind == "missing" else f"remove {name}?"
    return SheetRow(
        id=audited.tags.images[suspect.image],
        image=image,
        classes=tuple(classes[c].name for c in np.flatnonzero(audited.shown[suspect.image])),
        panels=(ImagePanel(title="image", words=said), *maps, *_neighbours(audited, suspect, like=image)),
    )


def _heat(scores: Float16[np.ndarray, "y x"], highest: float) -> Float32[np.ndarray, "y x"]:
    heat: Float32[np.ndarray, "y x"] = np.clip(scores.astype(np.float32) / max(highest, 1e-6), 0, 1)
    return heat


def _neighbours(audited: Audited, suspect: Suspect, *, like: Picture) -> Iterator[Panel]:
    near = audited.neighbours.index[suspect.image]
    cosine = audited.neighbours.cosine[suspect.image]
    having = [k for k, other in enumerate(near) if audited.shown[other, suspect.cls]][:COLUMNS]
    for column in range(COLUMNS):
        title = f"neighbour {column + 1} with it"
        if column < len(having):
            words = f"cosine {cosine[having[column]]:.2f}"
            yield PicturePanel(
                title=title, words=words, picture=placed(picture(audited, int(near[having[column]])), like)
            )
        else:
            yield MissingPanel(title=title, words="none near")


def picture(audited: Audited, place: int) -> Picture:
    """Read an image as small as a page shows it."""
    return shrunk(audited.index.pixels(audited.embedded.records[place]), side=SIDE)


def placed(image: Photograph, like: Photograph) -> Photograph:
    """Return an image whole on a grey ground of another one's proportions."""
    scale = LONG_SIDE / max(like.shape[:2])
    height, width = (max(1, round(side * scale)) for side in like.shape[:2])
    factor = min(height / image.shape[0], width / image.shape[1])
    size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
    ground = Image.new("RGB", (width, height), (GROUND,) * 3)
    ground.paste(
        Image.fromarray(image).resize(size, Image.Resampling.LANCZOS), ((width - size[0]) // 2, (height - size[1]) // 2)
    )
    return np.asarray(ground)


def side_by_side(audited: Audited, groups: Sequence[Sequence[int]], *, title: str, words: Sequence[str]) -> Sheet:
    """Show groups of images, a row each, at most four beside one another."""
    rows = []
    for group, said in zip(groups, words, strict=True):
        first = picture(audited, group[0])
        panels: list[Panel] = [ImagePanel(title="image", words=said)]
        for column in range(1, COLUMNS + 1):
            name = f"image {column + 1}"
            if column < len(group):
                place = group[column]
                shown = f"{audited.embedded.records[place].id} ({audited.split_of(place)})"
                panels.append(PicturePanel(title=name, words=shown, picture=placed(picture(audited, place), first)))
            else:
                panels.append(MissingPanel(title=name))
        record = audited.embedded.records[group[0]]
        names = tuple(audited.index.classes[c] for c in record.classes)
        rows.append(
            SheetRow(id=f"{record.id} ({audited.split_of(group[0])})", image=first, classes=names, panels=tuple(panels))
        )
    return Sheet(title=title, rows=tuple(rows))
