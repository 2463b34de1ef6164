"""`wsss store`: list what lies in a store, check it, and delete what no run refers to."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.box import SIMPLE
from rich.table import Table

from wsss.draw.numbers import file_size
from wsss.engine.progress import bar, console
from wsss.errors import on_one_line, one_of
from wsss.paths import remove
from wsss.run.chain import check_runs
from wsss.run.names import RECORD
from wsss.run.references import known_users, lost, used_by
from wsss.run.run_file import RunFile
from wsss.store.garbage import StoredArtifact, delete, entries, frozen_job, waste
from wsss.store.store import Artifact, Store
from wsss.store.verify import Damage, check, repair

Users = Mapping[str, tuple[Path, ...]]
"""Folders of the runs that refer to an artifact, by its fingerprint."""
NAMED: Final = 2
"""Runs that are named for each artifact."""


def show(store: Store) -> None:
    """Print a table of every artifact."""
    users, problems = known_users(store)
    console.print(table(entries(store), users, title="store"))
    for problem in problems:
        _say(problem)


def show_json(store: Store) -> None:
    """Print a list of objects, one an artifact."""
    users, _ = known_users(store)
    listed = [_plain(entry, users.get(entry.artifact.fingerprint, ())) for entry in entries(store)]
    sys.stdout.write(json.dumps(listed, indent=2) + "\n")


def verify(store: Store, *, repairing: bool, runs: Sequence[Path] = ()) -> bool:
    """Name every file that is not as it was made, and every run whose results are other ones than it made.

    `runs` are checked beside those that the store knows. Returns whether nothing is damaged, or all of it was repaired.
    """
    # Both are asked: a damaged run does not hide a damaged file.
    intact, known = verify_files(store, repairing=repairing), verify_runs(store, runs=runs)
    return intact and known


def verify_files(store: Store, *, repairing: bool) -> bool:
    """Name every file that is not as it was made; return whether nothing is damaged, or all of it was repaired."""
    finished = [entry for entry in entries(store) if entry.state in ("finished", "torn")]
    files, size = sum(entry.files for entry in finished), sum(entry.size for entry in finished)
    with bar("verify", total=files, unit="files") as advance:
        findings = {entry.artifact: check(entry.artifact, checked=advance) for entry in finished}
    for finding in (each for every in findings.values() for each in every):
        _say(f"{finding.harm:<8} {finding.path}")
    harmed = {artifact: every for artifact, every in findings.items() if any(each.harm != "stray" for each in every)}
    if not harmed:
        _say(f"all {len(finished)} finished artifacts are as they were made: {files} files, {file_size(size)}")
        return True
    _say(f"{len(harmed)} of {len(finished)} finished artifacts are damaged")
    if repairing:
        return _repaired(harmed)
    _say("wsss store verify --repair deletes what is damaged, so that the next run makes it again")
    return False


def verify_runs(store: Store, *, runs: Sequence[Path] = ()) -> bool:
    """Print the hash of every run's record, and name the artifacts that are other ones than the run made.

    Runs whose own store is another one are left out, as those that were copied with a store are, unless `runs` names
    them. Returns whether every run can be read, and refers to what it made.
    """
    checked = check_runs(store, named=runs)
    for run in checked:
        _say(f"{run.folder / RECORD}: {'; '.join(run.problems) or f'sha256 {run.digest}'}")
    return not any(run.problems for run in checked)


def collect(store: Store, *, deleting: bool, keep: Sequence[Path] = ()) -> None:
    """List what no run refers to, and delete it where `deleting`; the runs `keep` are noted first.

    Raises `StoreError` where what a run refers to cannot be read; nothing is deleted then.
    """
    for folder in keep:
        store.remember(RunFile.read(folder, store=store.root).folder)
    found = waste(store, roots=used_by(store))
    for folder in lost(store):
        _say(f"no longer a run: {folder}")
    if found.unused:
        console.print(table(found.unused, {}, title="no run refers to"))
    for path in found.left:
        _say(f"left by a killed writer: {path}")
    if not (found.unused or found.left):
        _say("there is nothing to delete")
    elif deleting:
        _delete(store, found.unused, found.left)
    else:
        _say("nothing was deleted: --yes deletes all of it")


def table(found: Sequence[StoredArtifact], users: Users, *, title: str) -> Table:
    """Return a table of artifacts, with their total at the end."""
    shown = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for name in ("stage", "fingerprint", "state"):
        shown.add_column(name, no_wrap=True)
    for name in ("size", "age"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("runs" if users else "", overflow="fold")
    for entry in found:
        artifact = entry.artifact
        runs = [_short(folder) for folder in users.get(artifact.fingerprint, ())]
        age = _age(time.time() - entry.written)
        row = (artifact.stage, artifact.fingerprint, entry.state, file_size(entry.size), age)
        shown.add_row(*row, one_of(runs, limit=NAMED))
    shown.add_section()
    shown.add_row("total", f"{len(found)} artifacts", "", file_size(sum(entry.size for entry in found)), "", "")
    return shown


def _plain(entry: StoredArtifact, runs: Sequence[Path]) -> dict[str, Any]:
    return {
        "stage": entry.artifact.stage,
        "fingerprint": entry.artifact.fingerprint,
        "state": entry.state,
        "files": entry.files,
        "bytes": entry.size,
        "written": datetime.fromtimestamp(entry.written, UTC).isoformat(timespec="seconds"),
        "path": str(entry.artifact.path),
        "runs": [str(folder) for folder in runs],
    }


def _repaired(harmed: Mapping[Artifact, Sequence[Damage]]) -> bool:
    """Repair what nobody is making; return whether that was all."""
    busy = [artifact for artifact, findings in harmed.items() if not repair(artifact, findings)]
    for artifact in busy:
        _say(f"a run holds {artifact.path} right now: try again when it is done")
    mended = [artifact for artifact in harmed if artifact not in busy]
    if mended:
        _say("what was damaged is deleted; such runs make it again:")
    jobs = [frozen_job(artifact) for artifact in mended]
    for command in dict.fromkeys("wsss run ..." if job is None else job.command for job in jobs):
        _say(f"  {command}")
    return not busy


def _delete(store: Store, unused: Sequence[StoredArtifact], left: Sequence[Path]) -> None:
    kept = []
    with bar("delete", total=len(unused), unit="artifacts") as advance:
        for entry in unused:
            if not delete(entry, roots=lambda: used_by(store)):
                kept.append(entry)
            advance()
    for path in left:
        remove(path)
    for entry in kept:
        _say(f"kept, since a run has taken it meanwhile: {entry.artifact.path}")
    _say(f"deleted: {file_size(sum(entry.size for entry in unused if entry not in kept))}")


def _short(folder: Path) -> str:
    return str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder)


def _age(seconds: float) -> str:
    """Write a time span in the largest unit of which there are two."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _say(text: str) -> None:
    """Print a line, which no name breaks in two."""
    console.print(on_one_line(text))
