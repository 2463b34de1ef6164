"""Configs out of records: those of somebody else name classes of wsss and its plug-ins, and import nothing else."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wsss.config.build import TARGET
from wsss.errors import StoreError
from wsss.plugins import GROUP, plugins

PACKAGE = "wsss"


def check_targets(node: Any, *, path: Path) -> None:
    """Refuse a config of a record that names a class which may not be imported for it.

    Classes of wsss, of installed plug-ins, and of modules that the caller has imported are taken. Raises `StoreError`
    that names `path`, where the config was read.
    """
    known = {PACKAGE, *(plugin.package for plugin in plugins())}
    for target in targets_in(node):
        module = target.rpartition(".")[0]
        if module.partition(".")[0] not in known and module not in sys.modules:
            raise StoreError(
                f"{path} names {target[:200]!r}, which is not imported for a record: install its package as a plug-in "
                f"(entry point {GROUP!r}), or import it first"
            )


def targets_in(node: Any) -> Iterator[str]:
    """Yield the names of all classes that a config names, at any depth."""
    todo = [node]
    while todo:
        match todo.pop():
            case dict() as parts:
                if TARGET in parts:
                    yield str(parts[TARGET])
                todo.extend(parts.values())
            case list() | tuple() as parts:
                todo.extend(parts)
            case _:
                pass
