"""The lock is that of `pyproject.toml`, and every package in it is from PyPI and has hashes; needs no network."""

import copy
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
REGISTRY = {"registry": "https://pypi.org/simple"}
FILES = "https://files.pythonhosted.org/packages/"
HASH = re.compile(r"sha256:[0-9a-f]{64}")

Table = dict[str, Any]


def table(name: str) -> Table:
    return tomllib.loads((ROOT / name).read_text(encoding="utf-8"))


def wanted(project: Table) -> set[tuple[str, str, str]]:
    """What a project asks for: the set that asks (an extra, or a group after `+`), the package and its versions."""
    asked = {
        "": project["project"]["dependencies"],
        **project["project"]["optional-dependencies"],
        **{f"+{name}": listed for name, listed in project["dependency-groups"].items()},
    }
    every = [(name, Requirement(text)) for name, listed in asked.items() for text in listed]
    return {(name, canonicalize_name(one.name), str(one.specifier)) for name, one in every}


def locked(own: Table) -> set[tuple[str, str, str]]:
    """The same, as the lock noted it when it was made."""
    asked = [(_extra(one), one) for one in own["metadata"]["requires-dist"]]
    asked += [(f"+{name}", one) for name, listed in own["metadata"]["requires-dev"].items() for one in listed]
    return {(name, one["name"], str(Requirement(f"x{one.get('specifier', '')}").specifier)) for name, one in asked}


def _extra(one: Table) -> str:
    found = re.fullmatch(r"extra == '(\w+)'", one.get("marker", ""))
    return found[1] if found else one.get("marker", "")


def problems(lock: Table, project: Table) -> list[str]:
    """What keeps people from installing what was tested, and nothing else."""
    name = project["project"]["name"]
    own = [package for package in lock["package"] if package["name"] == name]
    others = [package for package in lock["package"] if package["name"] != name]
    found = [f"{each['name']} is not from PyPI" for each in others if each["source"] != REGISTRY]
    for package in others:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        if not files:
            found.append(f"{package['name']} has no file")
        if not all(HASH.fullmatch(file.get("hash", "")) and file["url"].startswith(FILES) for file in files):
            found.append(f"{package['name']} has a file from elsewhere, or without its hash")
    if [each["source"] for each in own] != [{"editable": "."}]:
        found.append(f"{name} is not this folder")
    else:
        differences = wanted(project) ^ locked(own[0])
        found += [f"{package}: run `uv lock`" for _, package, _ in sorted(differences)]
    return found


def test_the_lock_is_that_of_the_project_and_names_pypi_alone() -> None:
    lock = table("uv.lock")
    assert problems(lock, table("pyproject.toml")) == []
    assert len(lock["package"]) > 100


def other(lock: Table) -> Table:
    return next(package for package in lock["package"] if package.get("wheels") and package.get("sdist"))


HARMS: dict[str, Callable[[Table, Table], object]] = {
    "git": lambda lock, _: other(lock).update(source={"git": "https://example.org/a.git?rev=1"}),
    "address": lambda lock, _: other(lock).update(source={"url": "https://example.org/a.whl"}),
    "index": lambda lock, _: other(lock).update(source={"registry": "https://example.org/simple"}),
    "file": lambda lock, _: other(lock)["wheels"][0].update(url="https://example.org/a.whl"),
    "hash": lambda lock, _: other(lock)["wheels"][-1].pop("hash"),
    "source": lambda lock, _: other(lock)["sdist"].pop("hash"),
    "nothing": lambda lock, _: [package.pop(key) for package in [other(lock)] for key in ("wheels", "sdist")],
    "new": lambda _, project: project["project"]["dependencies"].append("a-new-one>=1"),
    "version": lambda _, project: project["dependency-groups"]["dev"].append("pytest>=99"),
    "extra": lambda _, project: project["project"]["optional-dependencies"]["crf"].clear(),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_lock_that_installs_something_else_is_noticed(harm: str) -> None:
    lock, project = copy.deepcopy(table("uv.lock")), table("pyproject.toml")
    HARMS[harm](lock, project)
    assert len(problems(lock, project)) == 1
