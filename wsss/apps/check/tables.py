"""A check of a data set as tables and sentences, for the screen and for the page alike."""

from collections.abc import Iterator, Sequence
from typing import Final

from wsss.apps.check.findings import Check, Duplicates
from wsss.data.listing import skip_remedy
from wsss.draw.numbers import percent
from wsss.draw.tables import Cell, Table
from wsss.errors import one_of, plural

SHOWN: Final = 5
"""So many names stand in a sentence."""


def tables(check: Check) -> list[Table]:
    """Return the tables that have something to tell."""
    every = [split_table(check), class_table(check), size_table(check), mask_table(check), duplicate_table(check)]
    return [table for table in every if table.rows]


def split_table(check: Check) -> Table:
    """Count the images of every split."""
    rows = tuple((name, s.images, s.negatives, s.masks) for name, s in check.splits.items())
    return Table(title="Splits", columns=("split", "images", "without a label", "with a mask"), rows=rows)


def class_table(check: Check) -> Table:
    """Count the images of every class in every split, with their share of the split in per cent."""
    columns = tuple(column for name in check.splits for column in (name, f"{name} %"))
    rows = tuple(
        (name, *(cell for s in check.splits.values() for cell in _share(s.by_class[c], s.images)))
        for c, name in enumerate(check.classes)
        if check.splits
    )
    return Table(title="Images of each class", columns=("class", *columns), rows=rows)


def size_table(check: Check) -> Table:
    """Say how large images are."""
    if check.sizes is None:
        return Table(title="Sizes", columns=(), rows=())
    width, height, megapixels = check.sizes.width, check.sizes.height, check.sizes.megapixels
    rows = (
        ("width, pixels", *(f"{value:g}" for value in width)),
        ("height, pixels", *(f"{value:g}" for value in height)),
        ("pixels, millions", *(f"{value:.2f}" for value in megapixels)),
    )
    return Table(title="Sizes", columns=("", "smallest", "median", "largest"), rows=rows)


def mask_table(check: Check) -> Table:
    """Compare labels and masks of the classes on which they disagree."""
    rows = tuple(
        (name, each.agreed, len(each.not_drawn), len(each.not_labelled), sum(each.not_labelled.values()))
        for name, each in zip(check.classes, check.masks, strict=True)
        if each.not_drawn or each.not_labelled
    )
    return Table(
        title="Labels against masks",
        columns=("class", "both", "label without a pixel", "pixels without a label", "of so many pixels"),
        rows=rows,
        note="Images that have a mask, for the classes on which labels and masks do not agree.",
    )


def duplicate_table(check: Check) -> Table:
    """List images of equal pixels, those in several splits first."""
    ordered = sorted(check.duplicates, key=lambda each: len(each.splits) < 2)
    rows = tuple((", ".join(each.images), ", ".join(each.splits), _worded(each)) for each in ordered)
    return Table(title="Equal images", columns=("images", "splits", ""), rows=rows, words=True)


def together(check: Check) -> Table:
    """List for each class the others that its images show, the most frequent first."""
    rows = tuple((name, _companions(check, c)) for c, name in enumerate(check.classes) if check.together[c, c])
    return Table(title="Classes shown together", columns=("class", "images that also show"), rows=rows, words=True)


def remarks(check: Check) -> list[str]:
    """Return what a run does not mind and a person may, one sentence each."""
    return [
        *_counted("in several splits", check.repeated, "what is learnt in one is known in the other"),
        *_counted("without a label", check.negatives, "they are learnt as showing none of the classes"),
        *_counted("there, but in no list", check.unlisted, "a run leaves them out"),
        *check.notes,
        *_skippable(check),
        *(f"left out, as on_bad_image=skip says: {why}" for why in check.skipped),
        *_duplicate_remarks(check),
        *_agreement(check),
    ]


def verdict(check: Check) -> str:
    """Say in a line what a run would do."""
    if not check.problems:
        return f"a run takes this data set: {plural(len(check.entries), 'image')}, nothing to refuse"
    kinds: dict[str, int] = {}
    for problem in check.problems:
        kinds[problem.kind] = kinds.get(problem.kind, 0) + 1
    counts = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    return f"a run refuses this data set: {plural(len(check.problems), 'problem')} ({counts})"


def _share(count: int, images: int) -> tuple[Cell, Cell]:
    return count, percent(count / images) if images else ""


def _worded(each: Duplicates) -> str:
    words = ["the same file" if each.same_file else "the same pixels"]
    if not each.same_labels:
        words.append("labelled differently")
    if len(each.splits) > 1:
        words.append("in several splits")
    return ", ".join(words)


def _companions(check: Check, cls: int) -> str:
    others = [
        (int(n), name) for o, (n, name) in enumerate(zip(check.together[cls], check.classes, strict=True)) if o != cls
    ]
    return ", ".join(f"{name} {n}" for n, name in sorted(others, key=lambda pair: -pair[0]) if n) or "nothing else"


def _counted(what: str, images: Sequence[str], why: str) -> Iterator[str]:
    if images:
        are = "image is" if len(images) == 1 else "images are"
        yield f"{len(images)} {are} {what}; {why}: {one_of(images, limit=SHOWN)}"


def _skippable(check: Check) -> Iterator[str]:
    count = sum(problem.kind == "image" for problem in check.problems)
    if count:
        yield f"{skip_remedy()}, here {count}, and goes on"


def _duplicate_remarks(check: Check) -> Iterator[str]:
    across = [each for each in check.duplicates if len(each.splits) > 1]
    if check.duplicates:
        groups = plural(len(check.duplicates), "group")
        yield f"{groups} of equal images, {len(across)} of them in several splits"


def _agreement(check: Check) -> Iterator[str]:
    masks = any(entry.mask is not None for entry in check.entries)
    if masks and not any(each.not_drawn or each.not_labelled for each in check.masks):
        yield "labels and masks agree on every image that has a mask which can be read"
