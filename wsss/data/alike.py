"""Let equal values be one object: a hundred thousand images have few sizes and few sets of classes."""

from collections.abc import Hashable
from typing import TypeVar, final

T = TypeVar("T")


@final
class Alike:
    """Keeps the first of equal values that frozen dataclasses hold."""

    def __init__(self) -> None:
        self._first: dict[Hashable, Hashable] = {}

    def share(self, holder: T, *fields: str) -> T:
        """Let some fields of a dataclass hold the first of the values that are equal to theirs, and return it."""
        for field in fields:
            value = getattr(holder, field)
            object.__setattr__(holder, field, self._first.setdefault(value, value))
        return holder
