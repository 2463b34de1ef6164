"""The chain from a run's record to its bytes: `run.yaml` has the hashes of manifests, and these those of files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wsss.errors import StoreError
from wsss.run.names import RECORD
from wsss.run.run_file import RunFile, record_hash
from wsss.store.run_notes import read_notes
from wsss.store.store import Store


@dataclass(frozen=True, kw_only=True)
class CheckedRun:
    """A run's folder, the hash of its record, and what is wrong with it, in a sentence each."""

    folder: Path
    digest: str
    problems: tuple[str, ...]


def check_runs(store: Store, *, named: Iterable[Path] = ()) -> list[CheckedRun]:
    """Compare the manifests of a store with the records of the runs that it knows, and of those that are `named`."""
    known = [
        folder
        for folder in read_notes(store.runs)[0]
        if (folder / RECORD).exists() and not _is_elsewhere(folder, store)
    ]
    folders = [*known, *(folder.expanduser().absolute() for folder in named)]
    return [_checked(folder, store) for folder in dict.fromkeys(folders)]


def _checked(folder: Path, store: Store) -> CheckedRun:
    try:
        record = RunFile.read(folder, store=store.root)
        problems = tuple(_problems(record))
        return CheckedRun(folder=folder, digest=record_hash(folder), problems=problems)
    except StoreError as error:
        return CheckedRun(folder=folder, digest="", problems=(str(error),))


def _is_elsewhere(folder: Path, store: Store) -> bool:
    """Whether a run's own store is there and is another one, of which this is a copy."""
    try:
        own = RunFile.read(folder).store.root
    except StoreError:  # its store was moved, or its record is torn, which is told
        return False
    return own.resolve() != store.root.resolve()


def _problems(record: RunFile) -> Iterator[str]:
    for name, fingerprint in record.stages.items():
        artifact = record.store.artifact(name, fingerprint)
        # What was deleted deceives nobody: the run makes it again.
        if name in record.manifests and artifact.state() == "cached" and not record.is_as_made(artifact):
            yield f"{name} {fingerprint} is not what this run made: run it again, or do not trust it"
