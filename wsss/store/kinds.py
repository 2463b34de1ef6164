"""Kinds of artifacts. A stage declares the kind that it makes and those that it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from wsss.data.index import Index, Record
from wsss.size import Size
from wsss.store.files import (
    EMBEDDING,
    LAYERS,
    MASK,
    SCORES,
    are_whole_regions,
    are_whole_scores,
    is_whole_embedding,
    is_whole_mask,
    item_place,
    read_embedding,
    read_mask_item,
    read_regions,
    read_scores,
    write_embedding,
    write_mask,
    write_regions,
    write_scores,
)
from wsss.store.store import Artifact


@final
@dataclass(frozen=True, kw_only=True)
class ItemFormat:
    """How one image's item is stored."""

    suffix: str
    read: Callable[[Path, Size], Any]
    """Reads an item of an image of a size; raises `StoreError` for any other one."""
    write: Callable[[Path, Any], None]
    is_whole: Callable[[Path, Size], bool]
    """Whether a file can be read to its end."""


@final
@dataclass(frozen=True, kw_only=True)
class Items:
    """The items of an artifact, one file an image."""

    folder: Path
    format: ItemFormat
    images: int
    """Images of the data set: many are spread over sub-folders, see `item_place`."""

    def path(self, record: Record) -> Path:
        """Return where an image's item lies, whether or not it is there."""
        return self.folder / self.place(record)

    def place(self, record: Record) -> str:
        """Return the name of an image's item in the folder."""
        return item_place(record.id, self.format.suffix, among=self.images)

    def read(self, record: Record) -> Any:
        """Read an image's item; raises `StoreError` for one that is missing or torn."""
        return self.format.read(self.path(record), record.size)

    def is_whole(self, record: Record) -> bool:
        """Tell whether an image's item, which is there, can be read to its end."""
        return self.format.is_whole(self.path(record), record.size)

    def write(self, record: Record, item: Any) -> None:
        """Write an image's item as a whole."""
        path = self.path(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.format.write(path, item)


@final
@dataclass(frozen=True, kw_only=True)
class Kind:
    """What an artifact holds."""

    name: str
    """As manifests note it."""
    words: str
    """As messages name it, after "makes" or "reads"."""
    format: ItemFormat | None = None
    """Of the items, where the artifact holds one an image."""

    def items(self, artifact: Artifact, index: Index) -> Items:
        """Return the items of an artifact of this kind, made from a data set."""
        assert self.format is not None, f"{self.name} does not hold one item an image"
        return Items(folder=artifact.items, format=self.format, images=len(index.records))


_MAPS: Final = ItemFormat(suffix=SCORES, read=read_scores, write=write_scores, is_whole=are_whole_scores)
_MASKS: Final = ItemFormat(suffix=MASK, read=read_mask_item, write=write_mask, is_whole=is_whole_mask)
_EMBEDDINGS: Final = ItemFormat(
    suffix=EMBEDDING, read=read_embedding, write=write_embedding, is_whole=is_whole_embedding
)
_REGIONS: Final = ItemFormat(suffix=LAYERS, read=read_regions, write=write_regions, is_whole=are_whole_regions)

INDEX: Final = Kind(name="index", words="an index of images")
RAW_MAPS: Final = Kind(name="raw_maps", words="maps without a background", format=_MAPS)
MAPS: Final = Kind(name="maps", words="maps with a background", format=_MAPS)
MASKS: Final = Kind(name="masks", words="masks", format=_MASKS)
NETWORK: Final = Kind(name="network", words="a network")
CHOICE: Final = Kind(name="choice", words="a choice")
EMBEDDINGS: Final = Kind(name="embeddings", words="embeddings of images", format=_EMBEDDINGS)
REGIONS: Final = Kind(name="regions", words="regions of images", format=_REGIONS)
TABLE: Final = Kind(name="table", words="tables")

_ALL: Final = (INDEX, RAW_MAPS, MAPS, MASKS, NETWORK, CHOICE, EMBEDDINGS, REGIONS, TABLE)
KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _ALL}
"""Kinds by name, for the core, which knows no artifacts: `Refiner.needs` names them."""
