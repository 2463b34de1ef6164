"""All that a folder of one's own images names, mistakes included."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

from wsss.data.images import find_images
from wsss.data.layouts.base import Entry, image_id
from wsss.data.layouts.folder import Folder, hashed_splits
from wsss.data.layouts.label_file import LabelRow, read_labels
from wsss.data.layouts.listing import Listing, Problem, ambiguous, masks_of, problems_of, read_every_line
from wsss.errors import DataError


def list_folder(writer: Folder) -> Listing:
    """List a folder of images and what its label file, or its sub-folders, say of them."""
    home = writer.home()
    try:
        replace(writer, masks=None).sources()  # without masks the rest can be looked at
    except DataError as error:
        return Listing(root=home, problems=(Problem(kind="layout", why=str(error)),))
    paths = find_images(home / writer.images)
    if not paths:
        why = f"{home / writer.images} holds no image: put JPEG or PNG files there"
        return Listing(root=home, problems=(Problem(kind="layout", why=why),))
    there, problems = _by_composed_name(paths, folder=writer.images)
    rows, of_rows = _rows_of_folders(writer, tuple(there)) if writer.labels is None else _rows_of_file(writer)
    found, of_ids = _found(rows, there, folder=writer.images)
    masks, of_masks = masks_of(tuple(found), root=home, folder=writer.masks)
    entries = tuple(
        Entry(id=i, image=f"{writer.images}/{there[row.image]}", names=row.names, source=row.source, mask=masks.get(i))
        for i, row in found.items()
    )
    named = {row.image for row in rows}
    return Listing(
        root=home,
        classes=writer.classes or tuple(sorted({name for row in rows for name in row.names})),
        entries=entries,
        splits=_splits(found, val_fraction=writer.val_fraction),
        unlisted=tuple(path for name, path in there.items() if name not in named),
        problems=(*problems, *of_rows, *of_ids, *of_masks),
    )


def _by_composed_name(paths: Sequence[str], *, folder: str) -> tuple[dict[str, str], list[Problem]]:
    """Return paths by their names in NFC, as label files spell them."""
    there: dict[str, str] = {}
    twins: list[str] = []
    for path in paths:
        other = there.setdefault(normalize("NFC", path), path)
        if other != path:
            twins.append(f"{folder}: {other!a} and {path!a} are one name in two forms of Unicode: rename one of them")
    return there, problems_of("name", twins)


def _rows_of_file(writer: Folder) -> tuple[Sequence[LabelRow], list[Problem]]:
    assert writer.labels is not None
    path = writer.home() / writer.labels

    def read(copy: Path) -> list[LabelRow]:
        return [replace(row, source=row.source.replace(str(copy), str(path))) for row in read_labels(copy)]

    rows, complaints = read_every_line(path, read)
    return rows or (), problems_of("label", complaints)


def _rows_of_folders(writer: Folder, names: Sequence[str]) -> tuple[Sequence[LabelRow], list[Problem]]:
    loose = [
        f"{writer.images}/{name} lies in the folder of no class: move it there" for name in names if "/" not in name
    ]
    rows = [
        LabelRow(image=name, names=(name.partition("/")[0],), split=None, source=f"{writer.images}/{name}")
        for name in names
        if "/" in name
    ]
    return rows, problems_of("label", loose)


def _found(
    rows: Sequence[LabelRow], there: Mapping[str, str], *, folder: str
) -> tuple[dict[str, LabelRow], list[Problem]]:
    """Return the rows of images that are there, by id."""
    gone = [f"{row.source}: {row.image!r} is not in {folder!r}" for row in rows if row.image not in there]
    by_id: dict[str, list[LabelRow]] = {}
    for row in rows:
        if row.image in there:
            by_id.setdefault(image_id(row.image), []).append(row)
    twins = ambiguous({i: [row.image for row in own] for i, own in by_id.items()}, folder=folder)
    remedy = "put it there, or delete the line"
    return {i: own[0] for i, own in by_id.items()}, [*problems_of("list", (f"{g}: {remedy}" for g in gone)), *twins]


def _splits(rows: Mapping[str, LabelRow], *, val_fraction: float) -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for i, row in rows.items():
        if row.split is not None:
            named.setdefault(row.split, []).append(i)
    if not named and rows:
        named = hashed_splits(tuple(rows), val_fraction=val_fraction)
    return {name: tuple(ids) for name, ids in named.items()}
