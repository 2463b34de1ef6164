"""The choices and settings of `conf/`, read without Hydra: groups, options and values, with the words beside them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import yaml

from wsss.config.search import options

MAIN: Final = "run.yaml"
GLOBAL: Final = "# @package _global_"
"""First line of a file whose keys lie at the top and not below its group."""
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

    @property
    def package(self) -> str:
        """The key below which the options of a choice lie."""
        return self.key.partition("@")[2] or self.key

    def default_file(self, folders: Sequence[Path]) -> Path | None:
        """Return the file of the default; None where there is none, or its keys lie at the top."""
        path = options(self.key.partition("@")[0], folders).get(self.default)
        return None if path is None or path.read_text(encoding="utf-8").startswith(GLOBAL) else path


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A single value: its dotted key, its default as it is written, and what it means."""

    key: str
    default: str
    words: str


def groups(folders: Sequence[Path]) -> list[Group]:
    """Return the groups in the order of `run.yaml`, each with its options in every folder.

    Behind a group stand those that its default option is made of, such as `crf@refine.crf`.
    """
    main = _Main.read(folders[0] / MAIN)
    found = []
    for key, chosen in main.defaults():
        if not key.value.startswith(HYDRAS):
            found.append(_group(key.value, chosen, main, folders))
            found.extend(_parts(key.value, chosen.value, folders))
    return [*found, *_of_stages({group.key.partition("@")[0] for group in found}, folders)]


def _of_stages(known: Collection[str], folders: Sequence[Path]) -> Iterator[Group]:
    """Yield the groups that only stages bring which a run adds, such as `regions` of `stages=regions`."""
    for path in options("stages", folders).values():
        file = _Main.read(path)
        for key, chosen in file.defaults():
            name, _, place = key.value.lstrip("/").partition("@")
            if name not in known and name == place:
                yield _group(name, chosen, file, folders)


def _group(key: str, chosen: yaml.Node, file: "_Main", folders: Sequence[Path]) -> Group:
    return Group(
        key=key,
        words=file.words(chosen),
        options={name: _title(path) for name, path in options(key.split("@", maxsplit=1)[0], folders).items()},
        default=file.text(chosen),
    )


def _parts(key: str, option: str, folders: Sequence[Path]) -> Iterator[Group]:
    """Yield the groups that an option of a group chooses from in its turn: `/crf@crf: irn` below `refine`."""
    group, _, package = key.partition("@")
    path = folders[0] / group / f"{option}.yaml"
    if path.is_file():
        file = _Main.read(path)
        for inner, chosen in file.defaults():
            name, _, place = inner.value.lstrip("/").partition("@")
            yield _group(f"{name}@{package or group}.{place}", chosen, file, folders)


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
    """A file of `conf/` as YAML's nodes, which know where they end, and as lines, which hold the comments."""

    root: yaml.MappingNode
    lines: list[str]

    @classmethod
    def read(cls, path: Path) -> "_Main":
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader) or yaml.MappingNode(tag="", value=[])  # comments alone
        return cls(root=_of(yaml.MappingNode, node), lines=text.splitlines())

    def defaults(self) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Yield group and choice of every entry of the defaults list that has both."""
        lists = [_of(yaml.SequenceNode, value) for key, value in self.root.value if key.value == "defaults"]
        for entry in [entry for entries in lists for entry in entries.value]:
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
