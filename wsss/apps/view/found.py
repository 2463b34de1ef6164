"""Findings about a run or its data set, where `wsss debug` and `wsss data audit` wrote them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from wsss.apps.findings import FindingsFile, read_findings
from wsss.apps.view.ticks import Ticks, has_ticks
from wsss.errors import DataError
from wsss.paths import inside

NAMES: Final = ("debug", "audit")
"""Of the files, and of the folders that they may lie in."""


def findings_beside(run: Path) -> list[Path]:
    """Return the files of findings in a run's folder and in the folders `debug` and `audit` within it."""
    places = [run / f"{name}.json" for name in NAMES] + [run / name / f"{name}.json" for name in NAMES]
    return [path for path in places if path.is_file()]


def findings_at(given: Sequence[Path]) -> list[Path]:
    """Return the files of findings that are named, or lie in folders that are; raises `DataError` for none."""
    found = []
    for path in given:
        own = [path] if path.is_file() else [file for name in NAMES if (file := path / f"{name}.json").is_file()]
        if not own:
            raise DataError(
                f"{path} has no debug.json and no audit.json: name what wsss debug or wsss data audit wrote"
            )
        found += own
    return found


def told(files: Sequence[FindingsFile]) -> list[dict[str, Any]]:
    """Return all findings, the worst first, as the page has them."""
    every = [finding for file in files for finding in file.findings]
    return [
        {
            "kind": each.kind,
            "level": each.level,
            "subject": each.subject,
            "sentence": each.sentence,
            "remedy": each.remedy,
            "images": list(each.images),
        }
        for each in sorted(every, key=lambda each: -each.severity)
    ]


def read_all(paths: Sequence[Path]) -> tuple[list[FindingsFile], list[Ticks]]:
    """Read files of findings, and those of their tables that a person fills in."""
    files = [read_findings(path) for path in paths]
    tables = [inside(path.parent, table.file) for path, file in zip(paths, files, strict=True) for table in file.tables]
    return files, [Ticks(path=table) for table in dict.fromkeys(tables) if has_ticks(table)]
