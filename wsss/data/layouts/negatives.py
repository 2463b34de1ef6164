"""Negative images: a folder of photographs that show none of the classes, which no label file has to list."""

from dataclasses import replace
from pathlib import Path

from wsss.data.archives import is_folder
from wsss.data.images import find_images
from wsss.data.layouts.base import ambiguous, by_id
from wsss.data.listing import Entry, Listing, Problem


def with_negatives(listing: Listing, *, folder: str | None, split: str, limit: int | None = None) -> Listing:
    """Return a listing with the images of a folder below its root, which show nothing, at the end of a split.

    An image's id is its path below the root without the suffix, such as `negatives/lawn`. A folder that is missing or
    holds no image is a problem, and so is an id that another image has.

    Args:
        listing: The other images.
        folder: The folder; None where there is to be none.
        split: The split that is learnt from; the first, where there is none of this name.
        limit: Images of a split at most.
    """
    if folder is None or not listing.splits:
        return listing
    if problems := missing_negatives(listing.root, folder):
        return replace(listing, problems=(*listing.problems, *problems))
    groups = by_id(f"{folder}/{path}" for path in find_images(listing.root / folder))
    taken = {entry.id: entry.image for entry in listing.entries}
    clashes = {i: [*([taken[i]] if i in taken else []), *paths] for i, paths in groups.items()}
    name = split if split in listing.splits else next(iter(listing.splits))
    before = listing.splits[name]
    kept = [i for i in groups if i not in taken][: None if limit is None else max(0, limit - len(before))]
    return replace(
        listing,
        entries=(*listing.entries, *(Entry(id=i, image=groups[i][0], names=(), source=folder) for i in kept)),
        splits={**listing.splits, name: (*before, *kept)},
        problems=(*listing.problems, *ambiguous(clashes, folder=folder)),
    )


def missing_negatives(root: Path, folder: str | None) -> list[Problem]:
    """Return a problem where there is to be a folder of negative images, and it is missing or holds none."""
    if folder is None or (is_folder(root / folder) and find_images(root / folder)):
        return []
    why = f"{root / folder} holds no image: put photographs there that show none of the classes"
    return [Problem(kind="layout", why=f"{why}, or set dataset.negatives=null")]
