"""Weights that a network downloads before it begins: a plan tells them, so this imports nothing heavy."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file of weights."""

    name: str
    source: str
    size: int
    """Bytes, by the count of its numbers."""
    licence: str
    """As timm notes it; empty where it does not."""
