"""Kinds of artifacts. A stage declares the kind that it makes and those that it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, final

from wsss.data.index import Index
from wsss.store.files import (
    EMBEDDING,
    LAYERS,
    MASK,
    SCORES,
    are_whole_regions,
    are_whole_scores,
    encode_embedding,
    encode_mask,
    encode_regions,
    encode_scores,
    is_whole_embedding,
    is_whole_mask,
    read_embedding,
    read_mask_item,
    read_regions,
    read_scores,
)
from wsss.store.items import Files, ItemFormat, Items
from wsss.store.packs import IMAGES, Packs
from wsss.store.pointers import PACKS, objects_of
from wsss.store.store import Artifact


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
        form = Packs if (artifact.items / PACKS).is_dir() else Files
        return form(folder=artifact.items, format=self.format, images=len(index.records))

    def new_items(self, artifact: Artifact, index: Index, *, pack: int | None, bucket: str | None = None) -> Items:
        """Return the items of an artifact to be made: in packs of at least `pack` images, or without it a file each.

        An artifact that was begun keeps the form in which it was begun; packs to come are objects below the address of
        a `bucket`, where one is given.
        """
        begun = self.items(artifact, index)
        if not isinstance(begun, Packs):
            if pack is None or begun.names():
                return begun
            begun = Packs(folder=begun.folder, format=begun.format, images=begun.images)
        url = None if bucket is None else objects_of(artifact.path, bucket=bucket)
        return replace(begun, pack=pack or IMAGES, url=url)


_MAPS: Final = ItemFormat(suffix=SCORES, read=read_scores, encode=encode_scores, is_whole=are_whole_scores)
_MASKS: Final = ItemFormat(suffix=MASK, read=read_mask_item, encode=encode_mask, is_whole=is_whole_mask)
_EMBEDDINGS: Final = ItemFormat(
    suffix=EMBEDDING, read=read_embedding, encode=encode_embedding, is_whole=is_whole_embedding
)
_REGIONS: Final = ItemFormat(suffix=LAYERS, read=read_regions, encode=encode_regions, is_whole=are_whole_regions)

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
