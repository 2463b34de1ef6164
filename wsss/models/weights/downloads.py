"""Weights that a network downloads before it begins: a plan tells them, so this imports nothing heavy."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file of weights."""

    name: str
    source: str
    size: int
    """Bytes, by the count of its numbers."""
    licence: str
    """As timm notes it; empty where it does not."""


@runtime_checkable
class Downloads(Protocol):
    """Options of something whose weights may have to be downloaded."""

    def downloads(self) -> tuple[Download, ...]:
        """Return what is downloaded, unless a cache has it; asks no server."""
        ...
