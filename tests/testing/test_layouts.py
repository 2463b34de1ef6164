"""The contract of layouts sees what breaks it."""

from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from data_sets import own_folder

from wsss.data.layouts.base import Layout
from wsss.data.layouts.folder import Folder
from wsss.data.listing import Listing, Problem
from wsss.testing import check_layout

CALLS = count()


@dataclass(frozen=True, kw_only=True)
class Faulty(Layout):
    """A folder of one's own, with a fault."""

    root: Path
    fault: str = ""

    def home(self) -> Path:
        return self._folder().home()

    def sources(self) -> tuple[Path, ...]:
        return (self.root / "labels.csv",) if self.fault == "source" else self._folder().sources()

    def listing(self, into: Path) -> Listing:
        listing = self._folder().listing(into)
        first, *others = listing.entries
        changes: dict[str, dict[str, Any]] = {
            "problem": {"problems": (Problem(kind="layout", why="not good"),)},
            "label": {"classes": listing.classes[1:]},
            "split": {"splits": {"train": ("nowhere",)}},
            "twice": {"entries": (first, first, *others)},
            "gone": {"entries": (replace(first, mask="gone.png"), *others)},
            "other": {"splits": {f"split{next(CALLS)}": (first.id,)}},
        }
        return replace(listing, **changes.get(self.fault, {}))

    def _folder(self) -> Folder:
        limit = None if self.fault == "limit" else self.limit
        return Folder(root=self.root, masks="masks", limit=limit, on_bad_image=self.on_bad_image)


def test_a_layout_that_keeps_its_promises_passes(tmp_path: Path):
    check_layout(Faulty(root=own_folder(tmp_path)))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("problem", "a good data set has problems: not good"),
        ("label", "labels are not classes: cat"),
        ("split", "splits name images that are not listed: nowhere"),
        ("twice", "ids are not unique"),
        ("gone", "gone.png is listed, and is not there"),
        ("other", "a second index is another one"),
        ("limit", "limit=1 keeps"),
        ("source", "lies in none of the sources"),
    ],
)
def test_a_broken_promise_is_named(fault: str, said: str, tmp_path: Path):
    with pytest.raises(AssertionError, match=said):
        check_layout(Faulty(root=own_folder(tmp_path), fault=fault))
