"""Packs: items of many images in one file, for data sets of which a file each would be too many."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, final

from wsss.data.index import Record
from wsss.errors import StoreError
from wsss.paths import remove
from wsss.places import Place
from wsss.store.files import item_name
from wsss.store.hashed import found_below
from wsss.store.items import Items, Sealer, whole_files
from wsss.store.pack_file import SUFFIX, PackList, is_pack, listed, members, packs_in, write_pack

PACKS: Final = "packs"
"""The folder among the items in which packs lie."""
LOOSE: Final = ".loose"
"""The folder beside them in which items wait until all of their pack are there: a file each, as they are made."""
IMAGES: Final = 1_000
"""Images of a pack where nobody says how many."""


@final
@dataclass(frozen=True, kw_only=True)
class Packs(Items):
    """Items in packs, as they are found when the first is asked for, and loose ones."""

    pack: int = IMAGES
    """Images of a pack that is made: batches are packed as a whole, so it may be some more."""

    @property
    def packs(self) -> Path:
        """The folder of the packs."""
        return self.folder / PACKS

    @property
    def loose(self) -> Path:
        """The folder of items that are not packed yet."""
        return self.packs / LOOSE

    def name(self, record: Record) -> str:
        """See `Items`."""
        return item_name(record.id, self.format.suffix)

    def path(self, record: Record) -> Path:
        """See `Items`."""
        return self.loose / self.name(record)

    def place(self, record: Record) -> Place:
        """See `Items`."""
        return self._listed.find(self.name(record)) or self.path(record)

    def has(self, record: Record) -> bool:
        """See `Items`."""
        return self._listed.find(self.name(record)) is not None or self.path(record).is_file()

    def names(self) -> Collection[str]:
        """See `Items`."""
        packed = [each.name for path in packs_in(self.packs) for each in members(path)]
        return [*packed, *(name for name, _ in found_below(self.loose))]

    def keep_whole(self, records: Iterable[Record]) -> tuple[set[Record], list[Path]]:
        """See `Items`. A pack has its name when it lies on the disk: no more than its list is read."""
        torn = list(self._torn())
        packed, loose = listed(self.packs), dict(found_below(self.loose))
        done, there = set[Record](), {}
        for record in records:
            name = self.name(record)
            if packed.find(name) is not None:
                done.add(record)
            elif name in loose:
                there[record] = loose[name]
        unpacked, torn_files = whole_files(there, self.format)
        return done | unpacked, [*torn, *torn_files]

    def sealer(self, batches: Sequence[Sequence[Record]]) -> Sealer:
        """See `Items`."""
        return Packer(self, batches)

    def _torn(self) -> Iterator[Path]:
        """Remove packs that are not whole, and yield them."""
        try:
            listed(self.packs)
        except StoreError:
            for path in packs_in(self.packs):
                if not is_pack(path):
                    path.unlink(missing_ok=True)
                    yield path

    @cached_property
    def _listed(self) -> PackList:
        return listed(self.packs)

    def __getstate__(self) -> Mapping[str, Any]:
        """Leave out what was read: another process finds names by other hashes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@final
class Packer(Sealer):
    """Packs loose items in the order of the batches as soon as all of a pack are there, whoever made them.

    A pack is named by the place of its first image in that order. Of two processes that find it complete both write it,
    with the same bytes.
    """

    def __init__(self, items: Packs, batches: Sequence[Sequence[Record]]) -> None:
        """Say which packs are to come: those that are there stay as they are."""
        self._items, self._made = items, 0
        self._packs = dict(_planned(items, batches))
        self._pack_of = {name: path for path, names in self._packs.items() for name in names}

    def made(self, count: int) -> None:
        """See `Sealer`."""
        self._made += count
        if self._made >= self._items.pack:
            self._made = 0
            there = Counter(self._pack_of[name] for name, _ in found_below(self._items.loose) if name in self._pack_of)
            for path, names in self._packs.items():
                if there[path] == len(names):
                    self._seal(path, names)

    def close(self) -> None:
        """See `Sealer`."""
        for path, names in self._packs.items():
            if not path.exists() and not self._seal(path, names):
                raise StoreError(f"{self._items.loose}: items were taken away while they were made: run again")
        remove(self._items.loose)

    def _seal(self, path: Path, names: Sequence[str]) -> bool:
        try:
            write_pack(path, names, source=self._items.loose)
        except FileNotFoundError:  # another process was quicker
            return path.exists()
        for name in names:
            (self._items.loose / name).unlink(missing_ok=True)
        return True


def _planned(items: Packs, batches: Sequence[Sequence[Record]]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield packs to come with the names of their items: of whole batches, without what is packed already."""
    packed, first = listed(items.packs), 0
    names: list[str] = []
    place = 0
    for batch in batches:
        missing = [name for name in map(items.name, batch) if packed.find(name) is None]
        first = first if names else place
        names += missing
        place += len(batch)
        if len(names) >= items.pack:
            yield items.packs / f"{first:08}{SUFFIX}", tuple(names)
            names = []
    if names:
        yield items.packs / f"{first:08}{SUFFIX}", tuple(names)
