"""Items: what a Map stage makes of images, one each, as they lie in an artifact."""

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from wsss.data.index import Record
from wsss.places import Place
from wsss.size import Size
from wsss.store.files import item_place
from wsss.store.hashed import found_below
from wsss.store.texts import whole, write_bytes

ON_DISK: Final = 300.0
"""Seconds after which any system has brought to the disk what was written (Linux: 35)."""


@final
@dataclass(frozen=True, kw_only=True)
class ItemFormat:
    """How one image's item is stored."""

    suffix: str
    read: Callable[[Place, Size], Any]
    """Reads an item of an image of a size; raises `StoreError` for any other one."""
    encode: Callable[[Any], bytes]
    is_whole: Callable[[Path, Size], bool]
    """Whether a file can be read to its end."""


class Writer(ABC):
    """Writes items of a process, on any of its threads. What was written counts as made when it is committed."""

    @abstractmethod
    def write(self, record: Record, item: Any) -> None:
        """Write an image's item as a whole."""

    @abstractmethod
    def take(self, record: Record, place: Place) -> None:
        """Take over an image's item that lies elsewhere, as it is; one that is there already stays."""

    @abstractmethod
    def commit(self) -> None:
        """Bring what was written to where other processes, and a run that goes on, find it."""

    @final
    def __enter__(self) -> "Writer":
        """Commit at the end, also of a failure: what was made stays."""
        return self

    @final
    def __exit__(self, *_: object) -> None:
        """See `__enter__`."""
        self.commit()


class Sealer:
    """Brings items into their last form while a stage makes them. This one does nothing: a file each is that form."""

    def made(self, count: int) -> None:
        """Note that this process made `count` more items, and bring what they complete into its last form."""

    def close(self) -> None:
        """Bring the rest into its last form. One process calls it, when all items are there."""


@dataclass(frozen=True, kw_only=True)
class Items(ABC):
    """The items of an artifact."""

    folder: Path
    format: ItemFormat
    images: int
    """Images of the data set."""

    @abstractmethod
    def name(self, record: Record) -> str:
        """Return the name of an image's item among them."""

    @abstractmethod
    def writer(self) -> Writer:
        """Return what writes items of this process."""

    @abstractmethod
    def place(self, record: Record) -> Place:
        """Return where an image's item lies, or would lie."""

    @abstractmethod
    def has(self, record: Record) -> bool:
        """Tell whether an image has an item."""

    @abstractmethod
    def names(self) -> Collection[str]:
        """Return the names of all items that are there."""

    @abstractmethod
    def keep_whole(self, records: Iterable[Record]) -> tuple[set[Record], Sequence[Place]]:
        """Return whose items are whole, and what was torn, as a power failure leaves it: that counts no longer."""

    def shareable(self, batches: Sequence[Sequence[Record]]) -> Mapping[Path, Sequence[str]]:
        """Return files to come that hold many items, each with their names in order: another artifact may have one."""
        del batches
        return {}

    def sealer(self, batches: Sequence[Sequence[Record]]) -> Sealer:
        """Return what brings the items of a stage into their last form while they are made in batches."""
        del batches
        return Sealer()

    def read(self, record: Record) -> Any:
        """Read an image's item; raises `StoreError` for one that is missing or torn."""
        return self.format.read(self.place(record), record.size)

    def file(self, record: Record) -> Path:
        """Return the file of the artifact that holds an image's item, or would hold it."""
        place = self.place(record)
        return place if isinstance(place, Path) else place.archive


@final
@dataclass(frozen=True, kw_only=True)
class Files(Items):
    """A file for each item; those of many images are spread over sub-folders, see `item_place`."""

    def name(self, record: Record) -> str:
        """See `Items`."""
        return item_place(record.id, self.format.suffix, among=self.images)

    def writer(self) -> Writer:
        """See `Items`."""
        return _FileWriter(self)

    def place(self, record: Record) -> Path:
        """See `Items`."""
        return self.folder / self.name(record)

    def has(self, record: Record) -> bool:
        """See `Items`."""
        return self.place(record).is_file()

    def names(self) -> Collection[str]:
        """See `Items`."""
        return [name for name, _ in found_below(self.folder)]

    def keep_whole(self, records: Iterable[Record]) -> tuple[set[Record], Sequence[Place]]:
        """See `Items`."""
        found = dict(found_below(self.folder))
        return _whole_files({each: found[name] for each in records if (name := self.name(each)) in found}, self.format)


@final
class _FileWriter(Writer):
    def __init__(self, items: Files) -> None:
        self._items = items

    def write(self, record: Record, item: Any) -> None:
        path = self._items.place(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, self._items.format.encode(item))

    def take(self, record: Record, place: Place) -> None:
        path = self._items.place(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(place, Path):
            link(place, path)
        elif not path.exists():
            write_bytes(path, place.open().read())

    def commit(self) -> None:
        pass


def link(path: Path, place: Path) -> None:
    """Give a file a second name; a copy, where the file system knows none. What is there already stays."""
    try:
        os.link(path, place)
    except FileExistsError:
        pass
    except OSError:
        with whole(place) as hidden:
            shutil.copyfile(path, hidden)
            with hidden.open("rb") as file:
                os.fsync(file.fileno())  # a pack has its name when it lies on the disk


def _whole_files(there: Mapping[Record, "os.DirEntry[str]"], form: ItemFormat) -> tuple[set[Record], list[Path]]:
    """Remove torn files; return whose files are whole, and those that were removed.

    A file gets its name when it is whole, and lies on the disk some time later: those that were written long before the
    latest are not read.
    """
    stats = {record: entry.stat() for record, entry in there.items()}
    latest = max((stat.st_mtime for stat in stats.values()), default=0.0)
    unsure = (each for each, stat in stats.items() if stat.st_mtime > latest - ON_DISK or not stat.st_size)
    torn = {Path(there[each].path): each for each in unsure if not form.is_whole(Path(there[each].path), each.size)}
    for path in torn:
        path.unlink()
    return there.keys() - torn.values(), sorted(torn)
