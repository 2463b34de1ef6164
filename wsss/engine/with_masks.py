"""Images that can be scored: those of a split that have a true mask."""

from wsss.data.index import Index, Record


def with_masks(index: Index, *, split: str, stage: str, notes: list[str]) -> tuple[Record, ...]:
    """Return a split's images that have a true mask, and note what cannot be scored."""
    every = index.split(split)
    known = tuple(record for record in every if record.mask is not None)
    if not known:
        notes.append(f"{stage} on {split} cannot be scored: none of its {len(every)} images has a true mask.")
    elif len(known) < len(every):
        notes.append(
            f"{stage} on {split} is scored on {len(known)} of {len(every)} images: the others have no true mask."
        )
    return known
