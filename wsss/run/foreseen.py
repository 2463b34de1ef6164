"""A plan before anything runs: the data, what they lack, and what the stages may take."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import torch

from wsss.data.class_notes import size_notes, together_notes
from wsss.data.index import Index, Record
from wsss.data.listing import Listing, refuse
from wsss.data.refusals import refused_of_listing
from wsss.engine.fit import Fit
from wsss.engine.machine import machine
from wsss.engine.stage import read_index
from wsss.models.weights.downloads import Download, Downloads
from wsss.run.estimate import expect
from wsss.run.measured import measured
from wsss.run.plan import Step, check_readers, networks_read
from wsss.run.remembered import MEASURED, Remembered
from wsss.run.screen import Expectation, Room, Row, show_data, show_downloads, show_plan, show_room
from wsss.size import Size
from wsss.stages.index_data import IndexData
from wsss.store.store import State, Store

UNKNOWN: Final = Size(height=1, width=1)
"""The size of an image that was not read."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set as far as it is known before it is read: the class indices of every image of each split."""

    classes: tuple[str, ...]
    splits: Mapping[str, Sequence[Sequence[int]]]
    index: Index | None = None
    """Sizes are known where the images were read."""

    @cached_property
    def images(self) -> dict[str, int]:
        """Images of each split."""
        return {split: len(shown) for split, shown in self.splits.items()}

    def counts(self) -> dict[str, int]:
        """Return how many images of all splits show each class."""
        counts = Counter(c for shown in self.splits.values() for own in shown for c in own)
        return {name: counts[number] for number, name in enumerate(self.classes)}

    def notes(self, split: str) -> list[str]:
        """Return what a split that is learnt from lacks, a sentence each."""
        notes = together_notes(self.splits.get(split, ()), classes=self.classes, split=split)
        if self.index is not None and split in self.index.splits:
            notes += size_notes({record.image: record.size for record in self.index.split(split)}, split=split)
        return notes


def data_of(steps: Sequence[Step]) -> Data | None:
    """Return the data of a run: of the index where it is made, else as they are listed, without a look at any image.

    Raises `DataError` or `ConfigError` with what a run would refuse of the list, and of its splits in any stage.
    """
    for step in steps:
        if not isinstance(step.stage, IndexData):
            continue
        if step.artifact.state() == "cached":
            check_readers(step, steps)
            return of_index(read_index(step.artifact))
        with TemporaryDirectory() as into:
            listing = step.stage.dataset.listing(Path(into)).or_raise()
            refuse(refused_of_listing(listing))
            listed = _listed(listing)
            check_readers(step, steps, listed=listed)
        return replace(of_index(listed), index=None)
    return None


def _listed(listing: Listing) -> Index:
    """Return the index of a listing as far as it is known before an image is read: without sizes."""
    number = {name: c for c, name in enumerate(listing.classes)}
    records = [
        Record(
            id=entry.id,
            image=entry.image,
            size=UNKNOWN,
            classes=tuple(sorted({number[name] for name in entry.names})),
            mask=entry.mask,
        )
        for entry in listing.entries
    ]
    return Index.of(records, classes=listing.classes, splits=listing.splits, root=listing.root)


def of_index(index: Index) -> Data:
    """Return the data of an index."""
    splits = {split: [record.classes for record in index.split(split)] for split in index.splits}
    return Data(classes=index.classes, splits=splits, index=index)


def train_split(steps: Sequence[Step]) -> str:
    """Return the split that the run learns from."""
    return next((step.stage.train_split for step in steps if isinstance(step.stage, Fit)), Fit.train_split)


def foreseen(steps: Sequence[Step], *, data: Data | None, store: Store) -> dict[str, Expectation | None]:
    """Return what every step that is still to be made may take: as earlier, or else as a few steps now tell."""
    networks = networks_read(
        {step.name: step.stage for step in steps},
        {step.name: {role: read.stage for role, read in step.inputs.items()} for step in steps},
    )
    found, remembered = {}, Remembered(store.root / MEASURED)
    for step in steps:
        if step.artifact.state() == "cached":
            continue
        earlier = found[step.name] = expect(step, store=store)
        known = earlier is not None and earlier.same_kind
        if not known and data is not None and isinstance(step.stage, Fit):
            images = data.images.get(step.stage.train_split, 0)
            options = step.stage.planned_network(networks[step.name]).options
            measure = partial(measured, step.stage, options, classes=data.classes, images=images)
            found[step.name] = remembered.of(step, measure) or earlier
    return found


def show_foreseen(steps: Sequence[Step], states: Mapping[str, State], *, store: Store) -> None:
    """Print a plan: the data and what they lack, the stages and what they take, and what this machine has."""
    data = None if all(state == "cached" for state in states.values()) else data_of(steps)
    show_data_of(steps, data=data)
    expected = foreseen(steps, data=data, store=store)
    rows = [
        Row(
            stage=step.name,
            fingerprint=step.artifact.fingerprint,
            state=states[step.name],
            reads=step.reads,
            expected=expected.get(step.name),
        )
        for step in steps
    ]
    show_plan(rows)
    show_downloads(downloads_of([step for step in steps if states[step.name] != "cached"]))
    if expected:
        show_room(room(store), [each for each in expected.values() if each is not None])


def downloads_of(steps: Sequence[Step]) -> list[Download]:
    """Return the weights that stages download when they begin, each once."""
    options = [getattr(step.stage, field.name) for step in steps for field in fields(step.stage)]
    found = [each.downloads() for each in options if isinstance(each, Downloads)]
    return list(dict.fromkeys(download for downloads in found for download in downloads))


def show_data_of(steps: Sequence[Step], *, data: Data | None) -> None:
    """Print how many images and classes a run has, and what the split lacks that it learns from."""
    if data is not None:
        show_data(data.images, data.counts(), notes=data.notes(train_split(steps)))


def room(store: Store) -> Room:
    """Return what this machine has for a run with a store, which need not be there yet."""
    here = machine(torch.device("cpu"))
    there = next(path for path in (store.root, *store.root.parents) if path.exists())
    return Room(cores=here.cores, memory=here.memory, disk=shutil.disk_usage(there).free, store=store.root)
