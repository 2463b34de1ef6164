"""Pointers: files of an artifact that stand for packs in a bucket, and say what lies where in them."""

import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from wsss.errors import StoreError
from wsss.objects import SCHEME, ObjectState, delete, state_of
from wsss.paths import entries_below, made_folder
from wsss.places import Member
from wsss.store.schema import FileName, Strict, Text
from wsss.store.texts import REMEDY, read_bytes, read_json, write_text

PACKS: Final = "packs"
"""The folder among the items in which packs and pointers lie."""
POINTER: Final = ".zip.json"
"""The end of their names."""
ID: Final = re.compile(r"[0-9a-f]{32}")
"""What tells the objects of a store from those of others in the bucket, and cannot be guessed."""
NOTE: Final = ".objects"
"""The file of a store that holds its id."""
Count = Annotated[int, Field(ge=0)]


def _url(url: str) -> str:
    if not url.startswith(SCHEME):
        raise ValueError(f"{url[:80]!r} is not the address of an object")
    return url


class Pointer(Strict):
    """A pack in a bucket; lists have an entry an item."""

    url: Annotated[Text, AfterValidator(_url)]
    size: Count
    """Bytes."""
    etag: Text
    names: list[FileName]
    starts: list[Count]
    sizes: list[Count]
    checksums: list[Annotated[int, Field(ge=0, lt=2**32)]]

    @property
    def state(self) -> ObjectState:
        """What the object was when it was written."""
        return ObjectState(size=self.size, etag=self.etag)


def is_pointer(path: Path) -> bool:
    """Tell whether a file of an artifact is a pointer, by its name."""
    return path.name.endswith(POINTER) and path.parent.name == PACKS


def write_pointer(path: Path, url: str, state: ObjectState, items: Sequence[Member]) -> None:
    """Write the pointer to an object that holds items."""
    pointer = Pointer(
        url=url,
        size=state.size,
        etag=state.etag,
        names=[each.name for each in items],
        starts=[each.start for each in items],
        sizes=[each.size for each in items],
        checksums=[each.checksum for each in items],
    )
    write_text(path, pointer.model_dump_json())


def read_pointer(path: Path) -> Pointer:
    """Read a pointer; raises `StoreError` for one that is missing or torn."""
    pointer = read_json(path, Pointer)
    if len({len(pointer.names), len(pointer.starts), len(pointer.sizes), len(pointer.checksums)}) != 1:
        raise StoreError(f"{path} cannot be read (its lists differ in length): {REMEDY}")
    return pointer


def pointed_at(path: Path) -> list[Member]:
    """Return the items of the pack that a pointer stands for; raises `StoreError` as `read_pointer` does."""
    pointer = read_pointer(path)
    columns = zip(pointer.names, pointer.starts, pointer.sizes, pointer.checksums, strict=True)
    return [
        Member(archive=path, url=pointer.url, name=name, start=start, size=size, checksum=checksum)
        for name, start, size, checksum in columns
    ]


def is_unchanged(path: Path) -> bool:
    """Tell whether the object is as it was written, by its size and ETag; its bytes are not read.

    Raises `StoreError` where nobody answers.
    """
    try:
        pointer = read_pointer(path)
    except StoreError:
        return False
    return state_of(pointer.url) == pointer.state


def objects_of(artifact: Path, *, bucket: str) -> str:
    """Return the address in a bucket below which the objects of an artifact lie, given its folder."""
    return f"{bucket.rstrip('/')}/{_below_bucket(artifact, store_id(artifact.parents[1]))}"


def object_name(pointer: Path) -> str:
    """Return the name of the object that a pointer stands for: that of the pack."""
    return pointer.name.removesuffix(".json")


def object_size(path: Path) -> int:
    """Return the bytes of the object that a file stands for; zero of a file that is not a pointer."""
    return read_pointer(path).size if is_pointer(path) else 0


def forget(path: Path) -> None:
    """Delete the object of a pointer; one that is torn, or leads to what this store has not put, is left alone.

    Raises `StoreError` where nobody answers.
    """
    artifact = path.parents[2]
    try:
        pointer = read_pointer(path)
        below = _below_bucket(artifact, _read_id(artifact.parents[1] / NOTE))
        belongs = pointer.url.endswith(f"/{below}/{object_name(path)}")
    except StoreError:
        return
    if belongs:
        delete(pointer.url)


def forget_below(folder: Path) -> None:
    """Delete the objects of all pointers below the folder of an artifact, whose files stay."""
    for path in entries_below(folder):
        if is_pointer(path):
            forget(path)


def store_id(root: Path) -> str:
    """Return the id of a store, which it gets when it is first asked for. Raises `StoreError` for a torn one."""
    path = root / NOTE
    if not path.exists():
        hidden = made_folder(root) / f"{NOTE}.{secrets.token_hex(4)}"
        try:
            hidden.write_text(secrets.token_hex(16), encoding="utf-8")
            with suppress(FileExistsError):  # of two processes one is first, and both read what that one wrote
                os.link(hidden, path)
        finally:
            hidden.unlink(missing_ok=True)
    return _read_id(path)


def _below_bucket(artifact: Path, store: str) -> str:
    return f"{store}/{artifact.parent.name}/{artifact.name}"


def _read_id(path: Path) -> str:
    found = read_bytes(path, most=100).decode(errors="replace")
    if not ID.fullmatch(found):
        raise StoreError(f"{path} is not the id of a store: delete it, and run again")
    return found
