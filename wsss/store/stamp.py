"""The stamp of the code that runs: it differs as soon as anything that computes a result was edited or installed."""

import hashlib
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from wsss.plugins import plugins
from wsss.store.versions import versions

PACKAGE: Final = Path(__file__).parents[1]
METADATA: Final = (".dist-info", ".egg-info")
"""How the folders end that say what is installed; their names hold the versions."""


@cache
def stamp() -> str:
    """Return a hash of Python, of what is installed, and of the files of wsss and its plug-ins by size and time.

    It is taken once: whoever asks late is told of the code that began to run, and not of what was edited since.
    """
    modules = [_modules(folder) for folder in (PACKAGE, *(plugin.folder for plugin in plugins()))]
    parts = [sys.version, dict(versions()), sorted(_installed()), [sorted(found) for found in modules]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _modules(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in folder.rglob("*.py"):
        stat = path.stat()
        yield str(path), stat.st_size, stat.st_mtime_ns


def _installed() -> Iterator[tuple[str, int]]:
    for folder in map(Path, dict.fromkeys(sys.path)):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name.endswith(METADATA):
                yield str(path), path.stat().st_mtime_ns
