"""One image of a label file, whatever form the file has."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """One image in a label file."""

    image: str
    """A path relative to the folder of images, in NFC (macOS decomposes names)."""
    names: tuple[str, ...]
    """Classes that the image shows; none for a negative."""
    split: str | None
    """None where the file says nothing about splits."""
    source: str
    """The file, and its line where it has lines, for messages."""
    line: int | None = None


def stripped(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in NFC without the spaces around them; empty ones are left out."""
    return tuple(composed(name.strip()) for name in names if name.strip())


def composed(name: str) -> str:
    """Return a name in NFC."""
    return unicodedata.normalize("NFC", name)
