"""The choices and settings of `conf/`, read without Hydra: groups, options and values, with the words beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import yaml

from wsss.config.search import options

MAIN: Final = "run.yaml"
HYDRAS: Final = "override "
"""How an entry of the defaults begins that chooses among Hydra's own configs."""

N = TypeVar("N", bound=yaml.Node)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A choice between files: its name on the command line, what it chooses, and the options with their words."""

    key: str
    words: str
    options: dict[str, str]
    default: str


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A single value: its dotted key, its default as it is written, and what it means."""

    key: str
    default: str
    words: str


def groups(folders: Sequence[Path]) -> list[Group]:
    """Return the groups in the order of `run.yaml`, each with its options in every folder."""
    main = _Main.read(folders[0] / MAIN)
    return [
        Group(
            key=key.value,
            words=main.words(chosen),
            options={name: _title(path) for name, path in options(key.value.split("@")[0], folders).items()},
            default=main.text(chosen),
        )
        for key, chosen in main.defaults()
        if not key.value.startswith(HYDRAS)
    ]


def settings(folders: Sequence[Path]) -> list[Setting]:
    """Return the values of `run.yaml` itself that have words beside them: those of the run, not of its stages."""
    main = _Main.read(folders[0] / MAIN)
    return [
        Setting(key=key, default=main.text(value), words=words)
        for key, value in main.values()
        if (words := main.words(value))
    ]


@dataclass(frozen=True, kw_only=True)
class _Main:
    """`run.yaml` as YAML's nodes, which know where they end, and as lines, which hold the comments."""

    root: yaml.MappingNode
    lines: list[str]

    @classmethod
    def read(cls, path: Path) -> "_Main":
        text = path.read_text(encoding="utf-8")
        return cls(root=_of(yaml.MappingNode, yaml.compose(text, Loader=yaml.SafeLoader)), lines=text.splitlines())

    def defaults(self) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Yield group and choice of every entry of the defaults list that has both."""
        (entries,) = (value for key, value in self.root.value if key.value == "defaults")
        for entry in _of(yaml.SequenceNode, entries).value:
            if isinstance(entry, yaml.MappingNode):
                yield from entry.value

    def values(self) -> Iterator[tuple[str, yaml.Node]]:
        """Yield every value on a line of its own, at the top and one level below, by its dotted key."""
        for key, value in self.root.value:
            if _on_a_line(value):
                yield key.value, value
            elif isinstance(value, yaml.MappingNode):
                yield from ((f"{key.value}.{name.value}", below) for name, below in value.value if _on_a_line(below))

    def text(self, node: yaml.Node) -> str:
        """Return a value as it is written."""
        return self.lines[node.end_mark.line][node.start_mark.column : node.end_mark.column]

    def words(self, node: yaml.Node) -> str:
        """Return the comment behind a value."""
        _, _, words = self.lines[node.end_mark.line][node.end_mark.column :].partition(" # ")
        return words


def _on_a_line(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) or (isinstance(node, yaml.CollectionNode) and bool(node.flow_style))


def _of(kind: type[N], node: object) -> N:
    assert isinstance(node, kind), f"run.yaml: expected a {kind.__name__}"
    return node


def _title(path: Path) -> str:
    """Return a file's first comment, without what is for Hydra."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = (line.removeprefix("# ") for line in lines if line.startswith("# "))
    return next((comment for comment in comments if not comment.startswith("@package")), "")
