from dataclasses import dataclass
from pathlib import Path

from wsss.configurable import Configurable


@dataclass(frozen=True, kw_only=True)
class Prior(Configurable):
    """Reads its weights from a file."""

    weights: Path

    def content(self) -> dict[str, tuple[Path, ...]]:
        return {"weights": (self.weights,)}


def test_a_class_begins_with_its_first_version_and_depends_on_no_file():
    assert Configurable.version == 1
    assert Configurable().content() == {}


def test_files_are_named_by_the_field_that_names_them():
    assert Prior(weights=Path("w.pt")).content() == {"weights": (Path("w.pt"),)}
