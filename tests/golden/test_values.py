"""Values of `conf/`: what they resolve to is committed, and leaves say where they leave their fields' defaults."""

import sys
from collections import defaultdict
from dataclasses import fields
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from resolved import CONF, LEAVES, TARGET, VALUES, differing, leaves, located, options, tables

ALWAYS = ("reads", "runtime", "version")


def test_what_configs_resolve_to_is_what_was_last_looked_at() -> None:
    differences = []
    for name, written in tables().items():
        committed = (VALUES / name).read_text(encoding="utf-8")
        differences += unified_diff(committed.splitlines(), written.splitlines(), name, "conf", lineterm="", n=0)
    assert differences == [], "read them; where they are meant: .venv/bin/python tests/golden/resolved.py"


def test_every_field_is_spelled_out() -> None:
    missing = [
        f"{name}  {key}.{field.name}"
        for name, leaf in leaves().items()
        for key, node in objects(leaf)
        for field in fields(located(node[TARGET]))
        if field.init and field.name not in node and key != "base"  # a method within another has its block
    ]
    assert missing == []


def objects(node: Any, key: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every object that a leaf describes, at any depth."""
    if not isinstance(node, dict):
        return []
    inner = [each for name, value in node.items() for each in objects(value, name)]
    return [(key, node), *inner] if TARGET in node else inner


def test_for_every_class_a_leaf_has_its_defaults_or_says_why_not() -> None:
    """Of the leaves of a class, the one that is nearest to the defaults has a comment beside every other value."""
    by_class: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for name, leaf in leaves().items():
        for key, node in objects(leaf):
            by_class[node[TARGET]][f"{name}:{key}"] = []
    away = {line.split(" = ")[0] for line in (f"{key} = " for key, _ in differing())}
    for name, leaf in leaves().items():
        for key, node in objects(leaf):
            own = [inner for inner, _, _ in options(leaf) if inner.rpartition(".")[0] == (key and path_of(leaf, node))]
            by_class[node[TARGET]][f"{name}:{key}"] = [inner for inner in own if f"{name}  {inner}" in away]
    silent = []
    for places in by_class.values():
        place = min(places, key=lambda each: len(places[each]))
        silent += [f"{place}.{key}" for key in places[place] if not said(place.partition(":")[0], key)]
    assert silent == []


def path_of(leaf: Any, node: Any, key: str = "") -> str | None:
    """Where an object lies in a leaf, as a dotted key."""
    if leaf is node:
        return key
    if not isinstance(leaf, dict):
        return None
    paths = (path_of(value, node, f"{key}.{name}".lstrip(".")) for name, value in leaf.items())
    return next((path for path in paths if path is not None), None)


def said(leaf: str, key: str) -> bool:
    """Whether a comment stands beside a value in the file of a leaf, or of the leaf that it comes from."""
    text = (CONF / f"{leaf}.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip().startswith(f"{key.rpartition('.')[2]}:")]
    return any(" # " in line for line in lines)


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_leaf_is_read(path: Path) -> None:
    assert f"{path.parent.name}/{path.stem}" in leaves()
    assert yaml.safe_load(path.read_text(encoding="utf-8"))
