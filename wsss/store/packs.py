"""Packs: items of many images in one file, for data sets of which a file each would be too many."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, final

from wsss.data.index import Record
from wsss.errors import StoreError
from wsss.paths import remove
from wsss.places import Member, Place, TornError, open_place
from wsss.store.files import item_name
from wsss.store.items import Items, Sealer, Writer
from wsss.store.loose import LOOSE, Parts, is_whole, members_of, parts_in
from wsss.store.pack_file import SUFFIX, PackList, is_pack, listed, members, packs_in, put_pack, write_pack
from wsss.store.pointers import PACKS, POINTER, object_name

IMAGES: Final = 1_000
"""Images of a pack where nobody says how many."""


@final
@dataclass(frozen=True, kw_only=True)
class Packs(Items):
    """Items in packs, as they are found when the first is asked for, and loose ones."""

    pack: int = IMAGES
    """Images of a pack that is made: batches are packed as a whole, so it may be some more."""
    url: str | None = None
    """Where the objects lie that are packs to come; without it they are files. Those that are there stay."""

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

    def writer(self) -> Writer:
        """See `Items`."""
        return _PartWriter(self)

    def place(self, record: Record) -> Place:
        """See `Items`."""
        name = self.name(record)
        return self._find(name) or self.packs / name

    def has(self, record: Record) -> bool:
        """See `Items`."""
        return self._find(self.name(record)) is not None

    def names(self) -> Collection[str]:
        """See `Items`."""
        packed = {each.name for path in packs_in(self.packs) for each in members(path)}
        return packed | {each.name for part in parts_in(self.loose) for each in members_of(part)[0]}

    def keep_whole(self, records: Iterable[Record]) -> tuple[set[Record], Sequence[Place]]:
        """See `Items`. A pack has its name when it lies on the disk: no more than its list is read.

        Of what is not packed yet, items of these records alone are read: other processes look at theirs.
        """
        torn: list[Place] = list(self._torn())
        current, whole = replace(self), set()
        for record in records:
            name = self.name(record)
            if current._find(name) is None:
                torn += current._unpacked.get(name, ())
            else:
                whole.add(record)
        return whole, torn

    def shareable(self, batches: Sequence[Sequence[Record]]) -> Mapping[Path, Sequence[str]]:
        """See `Items`: packs to come. Those in a bucket are not shared: they are deleted with their artifact."""
        return dict(_planned(self, batches)) if self.url is None else {}

    def sealer(self, batches: Sequence[Sequence[Record]]) -> Sealer:
        """See `Items`."""
        return Packer(self, batches)

    def write(self, path: Path, items: Sequence[Sequence[Member]]) -> None:
        """Write a pack to come, of the copies of each item. Raises as `put_pack` does."""
        if self.url is None:
            write_pack(path, items)
        else:
            put_pack(path, items, url=f"{self.url}/{object_name(path)}")

    def to_come(self, first: int) -> Path:
        """Return the path of a pack to come, by the place of its first image."""
        return self.packs / f"{first:08}{SUFFIX if self.url is None else POINTER}"

    def _torn(self) -> Iterator[Path]:
        """Remove packs that are not whole, and yield them."""
        for path in packs_in(self.packs):
            if not is_pack(path):
                path.unlink(missing_ok=True)
                yield path

    def _find(self, name: str) -> Member | None:
        return self._packed.find(name) or next(filter(is_whole, self._unpacked.get(name, ())), None)

    @cached_property
    def _packed(self) -> PackList:
        return listed(self.packs)

    @cached_property
    def _unpacked(self) -> Mapping[str, Sequence[Member]]:
        return _by_name(members_of(part)[0] for part in parts_in(self.loose))

    def __getstate__(self) -> Mapping[str, Any]:
        """Leave out what was read: another process finds names by other hashes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@final
class _PartWriter(Writer):
    def __init__(self, items: Packs) -> None:
        self._items = items
        self._parts = Parts(items.loose, most=items.pack)

    def write(self, record: Record, item: Any) -> None:
        self._parts.add(self._items.name(record), self._items.format.encode(item))

    def take(self, record: Record, place: Place) -> None:
        if not self._items.has(record):
            with open_place(place) as file:
                self._parts.add(self._items.name(record), file.read())

    def commit(self) -> None:
        self._parts.flush()


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
            self._seal()

    def close(self) -> None:
        """See `Sealer`."""
        self._seal()
        if self._packs:
            raise StoreError(f"{self._items.loose}: items were taken away while they were made: run again")
        remove(self._items.loose)

    def _seal(self) -> None:
        """Write the packs of which all items are there, and remove parts of which all are packed."""
        parts = {part: members_of(part) for part in parts_in(self._items.loose)}
        loose = _by_name(found for found, _ in parts.values())
        for path, names in list(self._packs.items()):
            if not path.exists() and all(name in loose for name in names):
                with suppress(FileNotFoundError, TornError):  # another process was quicker, or makes an item again
                    self._items.write(path, [loose[name] for name in names])
            if path.exists():
                del self._packs[path]
        for part, (found, is_full) in parts.items():
            if is_full and not any(self._pack_of.get(each.name) in self._packs for each in found):
                part.unlink(missing_ok=True)


def _by_name(parts: Iterable[Sequence[Member]]) -> Mapping[str, Sequence[Member]]:
    """Return the copies of each item of some parts: one that was torn was made again."""
    copies: dict[str, list[Member]] = {}
    for each in (member for found in parts for member in found):
        copies.setdefault(each.name, []).append(each)
    return copies


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
            yield items.to_come(first), tuple(names)
            names = []
    if names:
        yield items.to_come(first), tuple(names)
