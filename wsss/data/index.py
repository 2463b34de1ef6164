"""The index: what images there are, what they show and in which split they are. Every stage reads data through it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import numpy as np
from jaxtyping import UInt8
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from wsss.boxes.box import Box
from wsss.data.alike import Alike
from wsss.data.archives import spanned
from wsss.data.depth import WHITE
from wsss.data.images import read_image, read_mask, reduced, reduced_mask
from wsss.data.json_items import json_items
from wsss.data.opened import place
from wsss.errors import DataError, one_of
from wsss.labels import check_class_names
from wsss.places import Place
from wsss.size import Size
from wsss.validation import reason

RECORDS: Final = "records"
"""The list of a file that holds a record for each image, and comes last."""
STRICT: Final = ConfigDict(extra="forbid", strict=True)
SELDOM: Final = ("boxes", "image_span", "mask_span", "digest")
"""What records need not have."""
Bytes = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
"""The first byte and the length of a part of a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrueBox:
    """A true box of a class, in the pixels of the record's size."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    cls: int
    box: Box


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One image: paths are relative to the data set's root, `classes` are increasing indices, a mask is optional."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str
    image: str
    size: Size
    classes: tuple[int, ...]
    mask: str | None = None
    boxes: tuple[TrueBox, ...] = ()
    """True boxes, which may only score, as masks."""
    image_span: Bytes | None = None
    """The image's bytes in the archive that its path leads through; None where it leads through folders alone."""
    mask_span: Bytes | None = None
    """The same of the mask."""
    digest: str | None = None
    """Hash of the bytes of the image's file, by which it is known again in another index."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """All images of a data set by id, and the ids of every split. Holds no absolute path: `root` comes with the run."""

    classes: tuple[str, ...]
    records: Mapping[str, Record]
    splits: Mapping[str, tuple[str, ...]]
    root: Path
    drawn: Path | None = None
    """The folder that the paths of masks start from, where masks were drawn with the index; None: `root`."""
    white: int = WHITE
    """The value that is read as white in images of 16 bits."""
    long_side: int | None = None
    """Pixels to which larger images are reduced, with their masks, before anything looks at them; None: none are."""
    notes: tuple[str, ...] = ()
    """What a person should know of how it came about, such as images that were left out; a sentence each."""

    def __post_init__(self) -> None:
        check_class_names(self.classes)
        for name, ids in self.splits.items():
            if not ids:
                raise DataError(f"split {name!r} is empty: list at least one image in it, or leave the split out")
            missing = [i for i in ids if i not in self.records]
            if missing:
                raise DataError(f"split {name!r} lists images that are not there: {one_of(missing, limit=5)}")
        for record in self.records.values():
            wrong = [c for c in record.classes if not 0 <= c < len(self.classes)]
            if wrong or list(record.classes) != sorted(set(record.classes)):
                raise DataError(
                    f"image {record.id!r} has classes {record.classes}, not among 0 .. {len(self.classes) - 1}"
                )
            if any(true.cls not in record.classes for true in record.boxes):
                raise DataError(f"image {record.id!r} has boxes of other classes than its own, {record.classes}")

    def split(self, name: str) -> tuple[Record, ...]:
        """Return the records of a split in its own order; raises `DataError` with the known names for another name."""
        if name not in self.splits:
            raise DataError(missing_split(name, tuple(self.splits)))
        return tuple(self.records[i] for i in self.splits[name])

    def union(self, names: Iterable[str]) -> tuple[Record, ...]:
        """Return the records of several splits, each image once, in order of first appearance."""
        return tuple({record.id: record for name in names for record in self.split(name)}.values())

    def image_path(self, record: Record) -> Place:
        """Return where a record's image lies."""
        return _lies_at(place(self.root, record.image), record.image_span)

    def pixels(self, record: Record) -> UInt8[np.ndarray, "h w 3"]:
        """Read a record's image at the record's size; raises `DataError` as `wsss.data.images.read_image` does."""
        return reduced(read_image(self.image_path(record), white=self.white), self.long_side)

    def mask_path(self, record: Record) -> Place | None:
        """Return where a record's true mask lies, None where there is none."""
        if record.mask is None:
            return None
        return _lies_at(place(self.root if self.drawn is None else self.drawn, record.mask), record.mask_span)

    def truth(self, record: Record) -> UInt8[np.ndarray, "h w"] | None:
        """Read a record's true mask at the record's size, None where there is none; raises `DataError` as `pixels`."""
        path = self.mask_path(record)
        return None if path is None else reduced_mask(read_mask(path), self.long_side)

    def to_json(self) -> str:
        """Serialise everything but where folders lie, one record a line."""
        return "".join(self.json_parts())

    def json_parts(self) -> Iterator[str]:
        """Yield what `to_json` returns, in parts: the whole of a hundred thousand images has 30 MB."""
        head = {
            "classes": self.classes,
            "splits": self.splits,
            **({} if self.drawn is None else {"drawn": True}),
            "white": self.white,
            "long_side": self.long_side,
            "notes": self.notes,
        }
        yield f'{json.dumps(head, ensure_ascii=False)[:-1]}, "{RECORDS}": ['
        for number, record in enumerate(self.records.values()):
            yield f"{',' if number else ''}\n{json.dumps(_told_of(record), ensure_ascii=False)}"
        yield "\n]}\n"

    @classmethod
    def from_json(cls, data: bytes, *, root: Path, beside: Path | None = None) -> "Index":
        """Read what `to_json` wrote; raises `DataError` where that is not an index.

        Args:
            data: The file's content.
            root: The data set's folder.
            beside: The folder that the index lies in, and masks that were drawn with it; None: `root`.
        """
        try:
            head, records = _read(data)
        except (ValueError, RecursionError, MemoryError) as error:
            raise DataError(f"this is not an index ({reason(error)}): delete the artifact and run again") from error
        given = dict(head) | {"drawn": (beside or root) if head.drawn else None}
        return cls.of(records, **given, root=root)

    @classmethod
    def of(
        cls,
        records: Sequence[Record],
        *,
        classes: Sequence[str],
        splits: Mapping[str, Sequence[str]],
        root: Path,
        drawn: Path | None = None,
        white: int = WHITE,
        long_side: int | None = None,
        notes: Sequence[str] = (),
    ) -> "Index":
        """Gather records into an index; raises `DataError` where two have one id."""
        by_id: dict[str, Record] = {}
        alike = Alike()
        for record in records:
            alike.share(record, "size", "classes")
            if record.id in by_id:
                raise DataError(
                    f"two images have the id {record.id!r}: {by_id[record.id].image} and {record.image}; rename one"
                )
            by_id[record.id] = record
        return cls(
            classes=tuple(classes),
            records=by_id,
            splits={name: tuple(by_id[i].id if i in by_id else i for i in ids) for name, ids in splits.items()},
            root=root,
            drawn=drawn,
            white=white,
            long_side=long_side,
            notes=tuple(notes),
        )


def missing_split(name: str, splits: Sequence[str]) -> str:
    """Return the refusal of a split that a data set does not have."""
    return (
        f"there is no split {name!r}; this data set has: {one_of(sorted(splits))}: "
        "choose among them with splits.train and splits.val, or list images for it"
    )


class _Head(BaseModel):
    """What `Index.to_json` writes beside the records."""

    model_config = STRICT

    classes: tuple[str, ...]
    splits: dict[str, tuple[str, ...]]
    drawn: bool = False
    white: Annotated[int, Field(ge=1, le=WHITE)] = WHITE
    long_side: Annotated[int, Field(ge=1)] | None = None
    notes: tuple[str, ...] = ()


_RECORD: Final = TypeAdapter(Record)


def _read(data: bytes) -> tuple[_Head, list[Record]]:
    """Read a head and records, one after the other: the values of all at once would take three times their memory.

    Raises `ValueError` that says what of them is wrong.
    """
    head: dict[str, Any] = {}
    records: list[Record] = []
    alike = Alike()
    for value in json_items(BytesIO(data)):
        if value.key == RECORDS and value.number is not None:
            records.append(alike.share(value.read(_RECORD.validate_json), "size", "classes"))
        elif value.number is None:
            head[value.key] = json.loads(value.data)
        else:
            head.setdefault(value.key, []).append(json.loads(value.data))
    if head.pop(RECORDS, []) or not records:
        raise ValueError(f"{RECORDS}: there are none")
    return _Head.model_validate_json(json.dumps(head)), records


def _told_of(record: Record) -> dict[str, Any]:
    """Return what the file says of a record: nothing of boxes and of archives where there are none."""
    return {key: value for key, value in asdict(record).items() if value or key not in SELDOM}


def _lies_at(path: Path, span: Bytes | None) -> Place:
    return path if span is None else spanned(path, span)
