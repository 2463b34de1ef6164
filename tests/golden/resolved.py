"""What `conf/` resolves to, as text: committed, so that a changed value is a difference that somebody reads.

.venv/bin/python tests/golden/resolved.py    writes the tables of tests/golden/values/ anew
"""

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir

from wsss.config.build import TARGET
from wsss.config.compose import resolved
from wsss.config.search import config_folder
from wsss.store.fingerprint import identity

CONF = config_folder()
VALUES = Path(__file__).with_name("values")
NOT_LEAVES = ("debug", "experiment", "stages")
"""Groups whose files set values of the others'."""
LEAVES = sorted(path for path in CONF.glob("*/*.yaml") if path.parent.name not in NOT_LEAVES)
NAMED = [path for group in NOT_LEAVES for path in sorted((CONF / group).glob("*.yaml"))]

NOT_A_VALUE = re.compile(r"\.(runtime|limits)\.|(random_seed|trainer\._target_)$")
"""Keys of a stage that are the same in all, or change no number."""

Table = dict[str, str]
"""Values in JSON's terms by their dotted keys."""


def tables() -> dict[str, str]:
    """The text of every table, by the name of its file."""
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF.absolute())):
        run = composed()
        named = {f"{path.parent.name}={path.stem}": composed(path) for path in NAMED}
    changes = {name: changed(run, table) for name, table in named.items()}
    return {
        "run.txt": text(run),
        **{f"{group}.txt": text(of_group(changes, group)) for group in NOT_LEAVES},
        "leaves.txt": text(dict(differing())),
        "orders.txt": text(orders()),
    }


def composed(*paths: Path) -> Table:
    """The values of the stages of a run as it is, or with a file of a group."""
    needed = (
        ["dataset.root=data"]
        if any("voc12" in path.stem or path.stem in ("folder", "coco14_recam") for path in paths)
        else []
    )
    config = resolved(compose("run", overrides=[*(f"{path.parent.name}={path.stem}" for path in paths), *needed]))
    return {key: value for key, value in flat(config["pipeline"]) if not NOT_A_VALUE.search(key)}


def flat(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a config by its dotted key; a list is one value."""
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from flat(value, f"{key}.{name}".lstrip("."))
    else:
        yield key, json.dumps(node)


def changed(before: Table, after: Table) -> Table:
    """The values that are new or others, and those that are gone."""
    new = {key: value for key, value in after.items() if before.get(key) != value}
    return new | {key: "gone" for key in before if key not in after}


def of_group(changes: dict[str, Table], group: str) -> Table:
    """What each file of a group changes, together in one table."""
    names = [name for name in changes if name.startswith(f"{group}=")]
    return {f"{name}  {key}": value for name in names for key, value in changes[name].items()}


def text(table: Table) -> str:
    """A line a value, in the order of their keys."""
    return "".join(f"{key} = {value}\n" for key, value in sorted(table.items()))


@cache
def leaves() -> dict[str, Any]:
    """Every leaf as Hydra composes it, by `group/name`."""
    overrides = [f"+{path.parent.name}@leaf.{path.parent.name}.{path.stem}={path.stem}" for path in LEAVES]
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF.absolute())):
        groups = resolved(compose("run", overrides=overrides))["leaf"]
    return {f"{group}/{name}": leaf for group, named in groups.items() for name, leaf in named.items()}


def orders() -> Table:
    """The names in every leaf of several parts, such as refiners, in the order in which these are applied."""
    return {name: json.dumps(list(leaf)) for name, leaf in leaves().items() if TARGET not in leaf}


def differing() -> Iterator[tuple[str, str]]:
    """The values of leaves that are not what their field is by default, by leaf and key, each with that default."""
    for name, leaf in leaves().items():
        for key, field, value in options(leaf):
            if default(field) is not MISSING and plain(default(field)) != plain(value):
                yield f"{name}  {key}", f"{json.dumps(value)} where the field has {json.dumps(plain(default(field)))}"


def options(node: Any, key: str = "") -> Iterator[tuple[str, Field[Any], Any]]:
    """Every plain value in a leaf by its key, with its field; an object's come one by one."""
    if not isinstance(node, dict):
        return
    own = {field.name: field for field in fields(located(node[TARGET]))} if TARGET in node else {}
    for name, value in node.items():
        inner = f"{key}.{name}".lstrip(".")
        if isinstance(value, dict) and (TARGET in value or not own):
            yield from options(value, inner)
        elif name in own:
            yield inner, own[name], value


def default(field: Field[Any]) -> Any:
    """What a field is where nothing is said; MISSING where something must be said."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def plain(value: Any) -> Any:
    """A value in JSON's terms."""
    return json.loads(json.dumps(identity(value, digests={}) if not isinstance(value, dict) else value))


def located(target: str) -> Any:
    """The class that a config names."""
    module, _, name = target.rpartition(".")
    return getattr(import_module(module), name)


if __name__ == "__main__":
    VALUES.mkdir(exist_ok=True)
    for file, written in tables().items():
        (VALUES / file).write_text(written, encoding="utf-8")
