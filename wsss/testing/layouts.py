"""The contract of layouts: a good data set is listed and indexed alike wherever it lies, and a bad file is named."""

import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from wsss.data.archives import is_file, span_at
from wsss.data.index import Index
from wsss.data.layouts.base import Layout
from wsss.errors import DataError
from wsss.labels import BACKGROUND, IGNORE, class_of

Promise = Callable[[Any, Path], None]


def check_layout(layout: Layout) -> None:
    """Raise an `AssertionError` at the first promise that a layout breaks, on a good data set that it reads.

    The data set has at least two images that show a class, all of which can be read. It is copied, if it lies on disk.
    """
    for promise in PROMISES:
        with TemporaryDirectory() as folder:
            promise(layout, Path(folder))


def a_listing_is_whole(layout: Layout, into: Path) -> None:
    """Ids are unique, splits hold images of the listing, labels are classes, and files are there or can be drawn."""
    listing = layout.listing(into)
    ids = [entry.id for entry in listing.entries]
    assert not listing.problems, f"a good data set has problems: {listing.problems[0].why}"
    assert len(set(ids)) == len(ids) > 0, "ids are not unique, or there are none"
    strange = {i for listed in listing.splits.values() for i in listed} - set(ids)
    assert not strange, f"splits name images that are not listed: {', '.join(sorted(strange))}"
    shown = {name for entry in listing.entries for name in entry.names}
    assert shown, "no image shows a class"
    assert shown <= set(listing.classes), f"labels are not classes: {', '.join(sorted(shown - set(listing.classes)))}"
    missing = [path for path in _paths(layout, into) if not is_file(path)]
    assert not missing, f"{missing[0]} is listed, and is not there"


def what_is_drawn_fits(layout: Layout, into: Path) -> None:
    """Masks that are drawn from outlines lie with the index, and hold no other classes than their images' labels."""
    index = layout.index(into)
    if index.drawn is None:
        return
    assert index.drawn == into, f"masks are drawn into {index.drawn}, and not beside the index"
    for record in index.records.values():
        truth = index.truth(record)
        labels = set() if truth is None else set(truth.ravel().tolist()) - {BACKGROUND, IGNORE}
        strange = {class_of(label) for label in labels} - set(record.classes)
        assert not strange, f"the mask of {record.id} shows classes that are not labels of it: {strange}"


def packed_masks_are_the_same(layout: Layout, into: Path) -> None:
    """Masks that are drawn into archives are those that are drawn into files."""
    files, packed = layout.index(_made(into / "files")), layout.index(_made(into / "packs"), pack=2)
    assert packed.splits == files.splits, "with archives of masks there are other splits"
    if files.drawn is None or layout.sources() == ():
        return
    for i, record in packed.records.items():
        of_file, of_pack = files.truth(files.records[i]), packed.truth(record)
        assert np.array_equal(of_file, of_pack), f"the mask of {i} is another one in an archive"  # type: ignore[arg-type]
        assert (record.mask is None) == (record.mask_span is None), f"the mask of {i} is a file of its own"


def the_same_comes_out_again(layout: Layout, into: Path) -> None:
    """An index follows from the files and the options alone."""
    assert _index(layout, into / "1") == _index(layout, into / "2"), "a second index is another one"


def a_limit_keeps_the_first_of_each_split(layout: Layout, into: Path) -> None:
    """For a quick look."""
    whole, one = (replace(layout, limit=limit).listing(into).splits for limit in (None, 1))
    assert one == {split: ids[:1] for split, ids in whole.items()}, f"limit=1 keeps {one}"


def what_is_read_counts(layout: Layout, into: Path) -> None:
    """Every image and mask file lies below one of the sources, so that a change of it is seen."""
    sources = [source.resolve() for source in layout.sources()]
    paths = [path.resolve() for path in _paths(layout, into)] if sources else []
    outside = [path for path in paths if not any(path.is_relative_to(source) for source in sources)]
    assert not outside, f"{outside[0]} lies in none of the sources"


def a_data_set_may_move(layout: Layout, into: Path) -> None:
    """Paths of an index start from the data set's folder."""
    if _lies_on_disk(layout):
        assert _index(_copied(layout, into), into / "1") == _index(layout, into / "2"), "a copy has another index"


def a_broken_image_is_named_or_skipped(layout: Layout, into: Path) -> None:
    """A run is refused with the file's name, unless it is told to leave such images out."""
    if not _lies_on_disk(layout):
        return
    copy = _copied(layout, into)
    broken = next(entry for entry in copy.listing(into).entries if entry.names)
    _empty(copy.home() / broken.image)
    refusal = _refusal(replace(copy, on_bad_image="refuse"), into)
    assert Path(broken.image).name in refusal, f"an image that cannot be read is not named: {refusal!r}"
    assert broken.id not in replace(copy, on_bad_image="skip").index(into).records, "on_bad_image=skip kept the image"


PROMISES: Final[tuple[Promise, ...]] = (
    a_listing_is_whole,
    what_is_drawn_fits,
    the_same_comes_out_again,
    packed_masks_are_the_same,
    a_limit_keeps_the_first_of_each_split,
    what_is_read_counts,
    a_data_set_may_move,
    a_broken_image_is_named_or_skipped,
)


def _index(layout: Layout, into: Path) -> dict[str, Any]:
    index: Index = layout.index(_made(into))
    return {"classes": index.classes, "splits": index.splits, "records": index.records}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _paths(layout: Layout, into: Path) -> list[Path]:
    listing = layout.listing(into)
    masks = [entry.mask for entry in listing.entries if entry.mask is not None and entry.drawing is None]
    files = [*(entry.image for entry in listing.entries), *masks]
    return [into / listing.root / file for file in files]


def _lies_on_disk(layout: Layout) -> bool:
    return bool(layout.sources()) and "root" in {field.name for field in fields(layout)}


def _copied(layout: Any, into: Path) -> Any:
    """Return the layout of a copy of the data set."""
    shutil.copytree(layout.root, into / "copy")
    return replace(layout, root=into / "copy")


def _empty(path: Path) -> None:
    """Take an image's bytes away: in an archive, zeros stand in their place."""
    span = span_at(path)
    if span is None:
        path.write_bytes(b"")
        return
    with span.archive.open("r+b") as file:
        file.seek(span.start)
        file.write(bytes(span.size))


def _refusal(layout: Layout, into: Path) -> str:
    """Return why a data set is refused; nothing where it is not."""
    try:
        layout.index(into)
    except DataError as error:
        return str(error)
    return ""
