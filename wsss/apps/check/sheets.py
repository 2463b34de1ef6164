"""Examples of what a check found, as contact sheets: a person sees at once which side is wrong."""

from typing import Final

from wsss.apps.check.findings import Check
from wsss.data.images import read_image, read_mask
from wsss.data.listing import Entry
from wsss.draw.panels import ImagePanel, MaskPanel
from wsss.draw.sheet import Sheet, SheetRow

EXAMPLES: Final = 12
"""Images of a sheet at most."""


def check_sheets(check: Check) -> tuple[Sheet, ...]:
    """Read and arrange examples of labels and masks that disagree, and of equal images."""
    every = (disagreement_sheet(check), duplicate_sheet(check))
    return tuple(sheet for sheet in every if sheet.rows)


def disagreement_sheet(check: Check) -> Sheet:
    """Show the images with the most pixels of classes that they are not labelled with, then labels without a pixel."""
    pixels: dict[str, int] = {}
    words: dict[str, list[str]] = {}
    for name, each in zip(check.classes, check.masks, strict=True):
        for image, count in each.not_labelled.items():
            pixels[image] = pixels.get(image, 0) + count
            words.setdefault(image, []).append(f"no label {name!r}: {count} {'pixel' if count == 1 else 'pixels'}")
        for image in each.not_drawn:
            words.setdefault(image, []).append(f"no pixel of {name!r}")
    chosen = sorted(words, key=lambda image: -pixels.get(image, 0))[:EXAMPLES]
    entries = {entry.image: entry for entry in check.entries}
    rows = tuple(_row(check, entries[image], words="; ".join(words[image])) for image in chosen)
    return Sheet(title="Labels and masks that disagree", rows=rows, note=_of(len(rows), len(words)))


def duplicate_sheet(check: Check) -> Sheet:
    """Show one of each group of equal images, those in several splits first."""
    ordered = sorted(check.duplicates, key=lambda each: len(each.splits) < 2)
    entries = {entry.image: entry for entry in check.entries}
    rows = tuple(
        SheetRow(
            id=" = ".join(entries[image].id for image in each.images),
            image=read_image(check.root / each.images[0], white=check.white),
            classes=entries[each.images[0]].names,
            panels=(ImagePanel(title="image", words=f"in {', '.join(each.splits)}"),),
        )
        for each in ordered[:EXAMPLES]
    )
    return Sheet(title="Equal images", rows=rows, note=_of(len(rows), len(ordered)))


def _row(check: Check, entry: Entry, *, words: str) -> SheetRow:
    assert entry.mask is not None
    mask = MaskPanel(title="mask", words=words, labels=read_mask(check.mask_root / entry.mask))
    return SheetRow(
        id=entry.id,
        image=read_image(check.root / entry.image, white=check.white),
        classes=tuple(dict.fromkeys(entry.names)),
        panels=(ImagePanel(title="image"), mask),
    )


def _of(shown: int, count: int) -> str:
    return f"{shown} of {count}" if shown < count else ""
