"""Configurable: the base of every class that a config names and on whose fields a result depends."""

from pathlib import Path
from typing import ClassVar


class Configurable:
    """An object that a config describes. Its class, its version, its fields and its files identify a result."""

    version: ClassVar[int] = 1
    """Raise it when the same fields would now give another result: artifacts that depend on it are then made anew."""

    def content(self) -> dict[str, tuple[Path, ...]]:
        """Return the files outside the store that the result depends on, by the name of the field that names them.

        They count by their bytes, wherever they lie.
        """
        return {}

    def code(self) -> tuple[Path, ...]:
        """Return modules from outside the package that it runs by a name, and not by a class that a config names.

        They count by their bytes, as the modules of classes from outside do by themselves.
        """
        return ()
