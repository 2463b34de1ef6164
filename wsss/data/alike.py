"""Let equal values be one object: a hundred thousand images have few sizes and few sets of classes."""

from collections.abc import Hashable
from typing import Any, TypeVar, final

T = TypeVar("T")
V = TypeVar("V", bound=Hashable)


@final
class Alike:
    """Keeps the first of equal values."""

    def __init__(self) -> None:
        self._first: dict[Any, Any] = {}

    def first(self, value: V) -> V:
        """Return the first of the values that are equal to this one."""
        known: V = self._first.setdefault(value, value)
        return known

    def share(self, holder: T, *fields: str) -> T:
        """Let fields of a frozen dataclass hold the first of the values that are equal to theirs, and return it."""
        for field in fields:
            object.__setattr__(holder, field, self.first(getattr(holder, field)))
        return holder
