"""A folder of results: files that are named after their images, and one table of all images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from wsss.errors import DataError, OutsideError, StoreError
from wsss.paths import inside, is_regular
from wsss.store.disk_errors import refuse_unwritable
from wsss.store.texts import read_json, write_json

Row = dict[str, Any]
"""What the table says of one image."""

ABSENT: Final = object()
"""What an earlier head does not say."""
RUN: Final = "model"
"""The key of a head that may differ between two calls: a run's folder may be moved, its fingerprint decides."""


class _Table(BaseModel):
    """An earlier table: its rows, and as extra values its head."""

    model_config = ConfigDict(extra="allow", strict=True)

    images: list[Row]


@dataclass(frozen=True, kw_only=True)
class Output:
    """Results in `folder`: the table `<name>.json`, and in a sub-folder for each key of `parts` what rows name there.

    A row names one file or a list of them.
    """

    folder: Path
    name: str
    parts: Mapping[str, str]

    @property
    def table(self) -> Path:
        """The file of the table."""
        return self.folder / f"{self.name}.json"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The sub-folders of results, which are not inputs of a later call."""
        return tuple(self.folder / part for part in self.parts.values())

    def check(self) -> None:
        """Refuse a folder that takes no files, or that holds a sub-folder that somebody else made.

        Raises:
            DataError: Files of somebody else might be overwritten.
            StoreError: Nothing can be written there.
        """
        refuse_unwritable(self.folder)
        foreign = [part.name for part in self.folders if part.exists()]
        if foreign and not self.table.exists():
            raise DataError(
                f"{self.folder} has a folder {foreign[0]!r} but no {self.table.name}, so it is not a folder of "
                f"{self.name}: choose another --out"
            )

    def file(self, part: str, *, name: str, suffix: str) -> Path:
        """Return the path of a result, in a folder that is there."""
        path = self.folder / self.parts[part] / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def place(self, name: str) -> Path:
        """Return where a file lies that a row names; raises `OutsideError` for one that is not of this folder."""
        return inside(self.folder, name, links=True)

    def relative(self, path: Path) -> str:
        """Return the path of a result as a row has it."""
        return path.relative_to(self.folder).as_posix()

    def earlier(self, head: Mapping[str, Any]) -> dict[str, Row]:
        """Return the rows of an earlier table with the same head by image, where all of their files are there."""
        try:
            table = read_json(self.table, _Table)
        except StoreError:  # none that is whole and of this version
            return {}
        said = table.model_extra or {}
        if any(said.get(key, ABSENT) != value for key, value in head.items() if key != RUN):
            return {}
        return {row["image"]: row for row in table.images if isinstance(row.get("image"), str) and self._has_files(row)}

    def write_table(self, table: Mapping[str, Any]) -> dict[str, Any]:
        """Write and return the table."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.table, table)
        return dict(table)

    def _has_files(self, row: Row) -> bool:
        named = [row[part] for part in self.parts if part in row]
        return all(self._is_there(name) for each in named for name in (each if isinstance(each, list) else [each]))

    def _is_there(self, name: Any) -> bool:
        try:
            return isinstance(name, str) and is_regular(self.place(name))
        except OutsideError:
            return False
