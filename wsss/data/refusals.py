"""Refusals: all that a run finds wrong with a data set, as `wsss data check` tells it and a run raises it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from wsss.data.examine import Examined, meanings
from wsss.data.index import missing_split
from wsss.data.listing import Listing, Problem
from wsss.data.mask_notes import holds_no_class
from wsss.errors import DataError, one_of
from wsss.labels import check_class_names


def refused_of_data(listing: Listing, examined: Mapping[str, Examined], *, skipped: Collection[str]) -> list[Problem]:
    """Return what indexing refuses of the files, names and splits that a layout lists; nothing is listed of some.

    Args:
        listing: What the layout names.
        examined: What its images and masks are, by id.
        skipped: Ids of images that are left out instead of being refused.
    """
    if not listing.entries:
        return []
    return [
        *(found.problem for i, found in examined.items() if found.problem is not None and i not in skipped),
        *refused_of_listing(listing),
        *_of_all_masks(listing, examined),
        *_of_skipped_splits(listing, examined, skipped),
    ]


def refused_of_listing(listing: Listing) -> list[Problem]:
    """Return what indexing refuses of the names and splits that a layout lists, without a look at any image."""
    why = "split {!r} is empty: list at least one image in it, or leave the split out"
    if len(listing.entries) == 1:
        why += "; one image cannot fill two splits, so add others"
    empty = [Problem(kind="split", why=why.format(name)) for name, ids in listing.splits.items() if not ids]
    return [*_of_classes(listing), *empty] if listing.entries else []


def refused_of_splits(splits: Mapping[str, Sequence[bool]], *, train: str, val: str) -> list[Problem]:
    """Return what trainings refuse of the splits that they are given.

    Args:
        splits: For every image of every split whether it shows a class.
        train: The split that is learnt from.
        val: The split that is judged on.
    """
    missing = [missing_split(name, tuple(splits)) for name in dict.fromkeys((train, val)) if name not in splits]
    negative = train in splits and len(splits[train]) > 0 and not any(splits[train])
    return [
        *(Problem(kind="split", why=why) for why in missing),
        *([Problem(kind="label", why=unlabelled(train))] if negative else []),
    ]


def unlabelled(split: str) -> str:
    """Return the refusal of a training split in which nothing is shown."""
    return f"no image of split {split!r} shows any class: give images their labels"


def _of_classes(listing: Listing) -> Iterator[Problem]:
    try:
        check_class_names(listing.classes)
    except DataError as error:
        yield Problem(kind="class", why=str(error))
        return
    sources: dict[str, list[str]] = {}
    for entry in listing.entries:
        for name in dict.fromkeys(entry.names):
            if name not in listing.classes:
                sources.setdefault(name, []).append(entry.source)
    for name, places in sorted(sources.items()):
        images = "1 image is" if len(places) == 1 else f"{len(places)} images are"
        remedy = f"correct the label, or add the class to `dataset.classes`, which has {one_of(listing.classes)}"
        why = f"{images} labelled {name!r}, which is not a class ({one_of(places, limit=3)}): {remedy}"
        yield Problem(kind="class", why=why, name=f"{name!r} ({places[0]})", complaint="no class")


def _of_all_masks(listing: Listing, examined: Mapping[str, Examined]) -> Iterator[Problem]:
    drawn = {label: 1 for entry in listing.entries if entry.names for label in examined[entry.id].labels}
    if holds_no_class(drawn):
        what = "the masks hold only 0 and 255, which is ignored, and no class"
        yield Problem(kind="mask", why=f"{what}: draw {meanings(listing.classes)}")


def _of_skipped_splits(
    listing: Listing, examined: Mapping[str, Examined], skipped: Collection[str]
) -> Iterator[Problem]:
    for name, ids in listing.splits.items():
        if ids and all(i in skipped for i in ids):
            first = examined[ids[0]].problem
            assert first is not None
            why = (
                f"split {name!r} is empty: none of its images can be read; {first.why.removeprefix(f'{listing.root}/')}"
            )
            yield Problem(kind="split", why=why)
