"""Keep the masks that are drawn while a data set is indexed: a file each, or many in one archive."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from wsss.data.drawing import save_png
from wsss.data.opened import place
from wsss.places import write_zip


@final
class DrawnMasks:
    """Writes masks below a folder, and tells where each of them lies.

    Archives hold the masks in the order in which they came; all but the last are full.
    """

    def __init__(self, folder: Path, *, pack: int | None = None) -> None:
        """Write into a folder, which need not exist: `pack` masks in an archive, or a file each without `pack`."""
        self._folder, self._pack = folder, pack
        self._waiting: list[tuple[str, bytes]] = []
        self._full = 0

    def keep(self, name: str, png: bytes) -> str:
        """Keep a mask, and return its path below the folder: its name, or one that leads through an archive."""
        if self._pack is None:
            save_png(png, place(self._folder, name))
            return name
        self._waiting.append((name, png))
        kept = f"{self._archive}/{name}"
        if len(self._waiting) == self._pack:
            self.flush()
        return kept

    def flush(self) -> None:
        """Write the archive that is not full."""
        if self._waiting:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / self._archive).open("wb") as file:
                write_zip(file, self._waiting)
            self._waiting, self._full = [], self._full + 1

    @property
    def _archive(self) -> str:
        return f"masks_{self._full:08}.zip"


@contextmanager
def drawn_masks(folder: Path, *, pack: int | None) -> Iterator[DrawnMasks]:
    """Open a folder for masks; the last archive is written at the end, unless something is raised."""
    masks = DrawnMasks(folder, pack=pack)
    yield masks
    masks.flush()
