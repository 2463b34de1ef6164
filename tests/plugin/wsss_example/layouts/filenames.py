"""Images whose names say what they show: `train/cat+dog_17.png`, `val/cat_3.png`, and `train/_5.png` for nothing."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import final

from wsss.data.images import find_images
from wsss.data.layouts.base import Layout, image_id
from wsss.data.listing import Entry, Listing, Problem, refuse


@final
@dataclass(frozen=True, kw_only=True)
class FileNames(Layout):
    """A folder with a sub-folder for each split. Class names stand before the first `_`, joined by `+`."""

    root: Path
    classes: tuple[str, ...]

    def home(self) -> Path:
        """See `Layout`."""
        return self.root.expanduser().absolute()

    def sources(self) -> tuple[Path, ...]:
        """Return the folders of the splits."""
        refuse(self._missing())
        return tuple(self.home() / split for split in SPLITS)

    def listing(self, into: Path) -> Listing:
        """See `Layout`."""
        del into  # images stay where they are
        there = [split for split in SPLITS if (self.home() / split).is_dir()]
        entries = {split: self._entries(split) for split in there}
        return Listing(
            root=self.home(),
            classes=self.classes,
            entries=tuple(entry for listed in entries.values() for entry in listed),
            splits={split: tuple(entry.id for entry in listed) for split, listed in entries.items()},
            problems=tuple(self._missing()),
        )

    def _entries(self, split: str) -> list[Entry]:
        paths = [f"{split}/{path}" for path in find_images(self.home() / split)[: self.limit]]
        return [Entry(id=image_id(path), image=path, names=_shown(path), source=path) for path in paths]

    def _missing(self) -> list[Problem]:
        missing = [split for split in SPLITS if not (self.home() / split).is_dir()]
        return [Problem(kind="layout", why=f"{self.home()} has no folder {split!r}: add it") for split in missing]


SPLITS = ("train", "val")


def _shown(path: str) -> tuple[str, ...]:
    names = PurePosixPath(path).name.split("_")[0]
    return tuple(name for name in names.split("+") if name)
