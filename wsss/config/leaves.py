"""Leaves of `conf/`: files with the options of one part, read without Hydra, with the words beside each option."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wsss.config.search import options


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One file of a group: its name, its values and the comments beside them, by key."""

    name: str
    values: dict[str, Any]
    words: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Leaf":
        """Read a file that holds values alone; what is in them is not composed."""
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        words = {key.value: lines[key.start_mark.line].partition(" # ")[2] for key, _ in pairs}
        return cls(name=path.stem, values=yaml.safe_load(text) if pairs else {}, words=words)


def leaves(group: str, folders: Sequence[Path]) -> dict[str, Leaf]:
    """Return the leaves of a group in every folder of configs, by name."""
    return {name: Leaf.read(path) for name, path in options(group, folders).items()}
