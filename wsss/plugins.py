"""Packages that extend wsss: found by their entry point in the group `wsss.plugins`, without importing them.

A plug-in mirrors this package: `<package>/conf/` holds its configs, `<package>/backbones/` its networks for timm.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from wsss.errors import ConfigError

GROUP: Final = "wsss.plugins"
CONF: Final = "conf"
BACKBONES: Final = "backbones"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """An installed package: its import name and its folder."""

    package: str
    folder: Path

    @property
    def conf(self) -> Path:
        """The folder of its configs."""
        return self.folder / CONF


@cache
def plugins() -> tuple[Plugin, ...]:
    """Return the installed plug-ins by name; raises `ConfigError` for one whose package is not there."""
    return tuple(_located(package) for package in sorted({entry.value for entry in entry_points(group=GROUP)}))


def backbone_modules(name: str) -> tuple[Path, ...]:
    """Return the modules of plug-ins that speak of one of timm's networks: as a rule the one that registers it."""
    word = re.compile(rf"\b{re.escape(name.partition('.')[0])}\b")
    paths = [path for plugin in plugins() for path in sorted((plugin.folder / BACKBONES).glob("*.py"))]
    return tuple(path for path in paths if word.search(path.read_text(encoding="utf-8")))


def _located(package: str) -> Plugin:
    # A dotted name would import the packages above it.
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        remedy = "the entry point names a top-level package; install the plug-in again, or uninstall it"
        raise ConfigError([f"{GROUP}: there is no package {package!r}: {remedy}"])
    return Plugin(package=package, folder=Path(spec.submodule_search_locations[0]))
