"""Layouts that can be chosen, which of them a folder has, and the command of a run on it."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import yaml

from wsss import config
from wsss.apps.lists import as_mapping
from wsss.config.build import TARGET, build, locate
from wsss.config.leaves import Leaf
from wsss.config.search import OPTION, config_folders, options
from wsss.data.archives import is_folder
from wsss.data.layouts.base import Layout
from wsss.data.layouts.shard_names import is_compressed, is_pattern
from wsss.errors import ConfigError, one_of

GROUP: Final = "dataset"
FALLBACK: Final = "folder"
"""The layout of a folder in which no layout finds what it looks for."""

PLAIN: Final = re.compile(r"[A-Za-z_./~][\w./~-]*")
"""Texts that a run's command line takes without quotes, but for the words below."""
WORDS: Final = ("null", "true", "false", "yes", "no", "on", "off", "nan", "inf")

Typed = str | Sequence[str | tuple[str, str]]
"""What was typed for a key of `dataset`: a text, several, or pairs of a name and a text."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A layout that can be chosen: its leaf, `conf/dataset/<name>.yaml`, and its class."""

    leaf: Leaf
    cls: type[Layout]

    @classmethod
    def of(cls, leaf: Leaf) -> "Choice":
        """Import the class of a leaf; raises `ConfigError` where it names none."""
        problems: list[str] = []
        layout = locate(problems, leaf.values.get(TARGET), key=f"{GROUP}={leaf.name}")
        if layout is None or not issubclass(layout, Layout):
            raise ConfigError(problems or [f"{GROUP}={leaf.name}: {leaf.values[TARGET]} is not a {Layout.__name__}"])
        return cls(leaf=leaf, cls=layout)

    def layout(self, root: Path | None, *, given: Mapping[str, Typed]) -> Layout:
        """Return the layout of a folder: what is not `given` is looked for there, and is as in the leaf otherwise.

        Raises `ConfigError` for keys that this layout does not have, for values of another type and for a name of pairs
        with two values.
        """
        known = [field.name for field in fields(self.cls)]
        if strange := [key for key in given if key not in known]:
            has = f"it has: {one_of(known)}"
            raise ConfigError([f"{GROUP}={self.leaf.name} has no option {key!r}; {has}" for key in strange])
        hints = get_type_hints(self.cls)
        typed = {key: _typed(value, hints[key], key=f"--{key.replace('_', '-')}") for key, value in given.items()}
        node = {**self.leaf.values, **({} if root is None else self._found(root, typed))}
        for key, value in typed.items():
            node[key] = {**node[key], **value} if isinstance(value, dict) and isinstance(node.get(key), dict) else value
        return build(node, self.cls, key=GROUP)

    def node(self, layout: Layout) -> dict[str, Any]:
        """Return a layout as a config's node."""
        return {TARGET: self.leaf.values[TARGET], **{f.name: _plain(getattr(layout, f.name)) for f in fields(layout)}}

    def _found(self, root: Path, typed: Mapping[str, Any]) -> dict[str, Any]:
        return {"root": str(root), **(self.cls.found_at(root.expanduser(), typed) or {})}

    def run_line(self, layout: Layout, *, train: str, val: str, added: Path | None = None) -> str:
        """Return the command of a run on a data set, as it can be typed, of the layout's own experiment if any.

        `added` is the folder of `--config-dir`.
        """
        experiment = self.leaf.name in options("experiment", config_folders(added))
        words = [f"experiment={self.leaf.name}" if experiment else f"{GROUP}={self.leaf.name}"]
        for field in sorted(fields(layout), key=lambda field: field.name != "root"):
            words += self._words(field.name, _plain(getattr(layout, field.name)), default=_default(field))
        words += [f"splits.{role}={_word(name)}" for role, name in (("train", train), ("val", val)) if role != name]
        return shlex.join(["wsss", "run", *words, *([] if added is None else [f"{OPTION}={added}"])])

    def _words(self, name: str, value: Any, *, default: Any) -> list[str]:
        """Return how an option is set on a run's command line, where it is not what the run takes without a word."""
        key, known = f"{GROUP}.{name}", self.leaf.values.get(name, default)
        if isinstance(value, dict) and isinstance(known, dict):
            gone = [f"~{key}.{k}" for k in known if k not in value]
            return [*gone, *(f"++{key}.{k}={_word(v)}" for k, v in value.items() if known.get(k) != v)]
        if value == known:
            return []
        return [f"{'' if name in self.leaf.values else '+'}{key}={_word(value)}"]


def chosen(among: Mapping[str, Leaf], *, root: Path | None, name: str | None) -> Choice:
    """Return a layout by its name or, without one, the layout that finds in a folder what it looks for.

    Raises `ConfigError` where there is neither a name nor a folder, and for a name or a folder that is not there.
    """
    if root is None and name is None:
        raise ConfigError(["name the folder that holds the data set, or a layout that needs none with --layout"])
    if root is not None and not is_folder(root.expanduser()) and not is_pattern(root.expanduser()):
        if is_compressed(root.name) and root.is_file():
            remedy = "unpack it to a .tar, as images are compressed themselves, or to a folder"
            raise ConfigError([f"{root} is compressed, so that no image can be read on its own: {remedy}"])
        raise ConfigError([f"{root} is not a folder, nor a tar or zip: name the one that holds the data set"])
    if name is not None:
        if name not in among:
            raise ConfigError([f"--layout: there is no layout {name!r}; there are {one_of(list(among))}"])
        return Choice.of(among[name])
    others = (Choice.of(leaf) for leaf in among.values() if leaf.name != FALLBACK)
    assert root is not None
    fitting = (choice for choice in others if choice.cls.found_at(root.expanduser(), {}) is not None)
    return next(fitting, None) or Choice.of(among[FALLBACK])


def _typed(value: Typed, hint: Any, *, key: str) -> Any:
    """Return what was typed as the plain value that a field's type asks for; `null` stands for none."""
    kinds = get_args(hint) or (hint,)
    if not isinstance(value, str):
        return as_mapping((pair for pair in value if isinstance(pair, tuple)), key=key) or list(value)
    if value == "null":
        return None
    return value if {str, Path} & set(kinds) else yaml.safe_load(value)


def _default(field: Field[Any]) -> Any:
    return _plain(field.default if field.default_factory is MISSING else field.default_factory())


def _plain(value: Any) -> Any:
    """Return a field's value as YAML holds it."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def _word(value: Any) -> str:
    """Write a value in the grammar of a run's command line."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"[{','.join(_word(each) for each in value)}]"
    if not isinstance(value, str):
        return str(value).lower()
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return config.quoted(value)
