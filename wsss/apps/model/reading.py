"""Read a model file: what it holds is bounded, hashed and typed before any of it is used."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, TypeVar, final

from wsss.apps.model.record import FORMAT, NETWORKS, RECORD, FileEntry, ModelRecord
from wsss.config.build import build
from wsss.config.recorded import check_targets
from wsss.engine.stage import Job, Stage
from wsss.errors import ConfigError, StoreError
from wsss.paths import inside, open_regular
from wsss.store.arrays import TORN
from wsss.store.schema import refuse_newer
from wsss.store.store import Artifact, Store
from wsss.store.texts import from_json
from wsss.validation import reason

REMEDY: Final = "copy it again, or write it anew with `wsss model RUN FILE`"
LARGEST_RECORD: Final = 10**7
"""Bytes of `model.json`."""
CHUNK: Final = 2**20

AnyStage = TypeVar("AnyStage", bound=Stage)


@final
@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """An unpacked model file."""

    path: Path
    """Of the file itself, for messages."""
    record: ModelRecord
    store: Store
    """Where its networks lie while it is open."""

    def stage(self, part: Literal["predict", "explain"], kind: type[AnyStage]) -> tuple[AnyStage, Job]:
        """Return a stage with the job that it had in its run, less the index of the data set.

        Raises `StoreError` where the file has no such part, or names a class that is not known here.
        """
        asked = self.record.predict if part == "predict" else self.record.explain
        if asked is None:
            raise StoreError(f"{self.path} holds no network to {part} with: its run had none")
        check_targets(asked.config, path=self.path)
        try:
            stage = build(asked.config, kind, key=asked.stage)
        except ConfigError as error:
            raise StoreError(f"{self.path} cannot be used ({reason(error)}): update wsss") from error
        inputs = {role: self.store.artifact(*named) for role, named in asked.networks.items()}
        return stage, Job(artifact=self.store.artifact(asked.stage, asked.fingerprint), inputs=inputs)

    def answering(self) -> Artifact:
        """Return the network that says what an image shows; raises `StoreError` where there is none."""
        if self.record.answering is None:
            raise StoreError(f"{self.path} holds no network to explain with: its run had none")
        return self.store.artifact(*self.record.answering)


@contextmanager
def unpacked(path: Path) -> Iterator[ModelFile]:
    """Check a model file, and unpack it for as long as its networks are loaded.

    Raises `StoreError` for a file that is cut off, changed, of a newer version, or no model file.
    """
    with TemporaryDirectory(prefix="wsss-model-") as folder:
        try:
            with open_regular(path, links=True) as file, zipfile.ZipFile(file) as archive:
                record = _record(archive, path)
                for name, entry in record.files.items():
                    _unpack(archive, name, entry=entry, into=Path(folder))
        except StoreError:
            raise
        except TORN as error:
            raise StoreError(f"{path} is not a whole model file ({reason(error)}): {REMEDY}") from error
        yield ModelFile(path=path, record=record, store=Store.at(str(Path(folder, NETWORKS))))


def unfolded(folder: Path) -> ModelFile:
    """Check a model file that lies open as a folder; raises `StoreError` as `unpacked` does."""
    try:
        record = from_json(
            _read(folder / RECORD, most=LARGEST_RECORD), ModelRecord, path=folder / RECORD, remedy=REMEDY
        )
        for name, entry in record.files.items():
            if hashlib.sha256(_read(inside(folder, name), most=entry.bytes)).hexdigest() != entry.sha256:
                raise StoreError(f"{folder}: {name} is not as it was written: {REMEDY}")
    except OSError as error:
        raise StoreError(f"{folder} is not a whole model ({reason(error)}): {REMEDY}") from error
    return ModelFile(path=folder, record=record, store=Store.at(str(folder / NETWORKS)))


def _read(path: Path, *, most: int) -> bytes:
    with open_regular(path, links=True) as file:
        return file.read(most + 1)


def _record(archive: zipfile.ZipFile, path: Path) -> ModelRecord:
    """Read `model.json`, and see that it names the other files, each once and with its size."""
    entries = archive.infolist()
    data = _bounded(archive, archive.getinfo(RECORD), most=LARGEST_RECORD)
    try:
        record = from_json(data, ModelRecord, path=path, remedy=REMEDY)
    except StoreError:
        refuse_newer(lambda of: from_json(data, of, path=path), path=path, known=FORMAT, another="model file")
        raise
    sizes = {entry.filename: entry.file_size for entry in entries}
    named = {name: entry.bytes for name, entry in record.files.items()} | {RECORD: len(data)}
    if len(sizes) != len(entries) or sizes != named:
        raise ValueError("it holds other files than it names")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("it is packed in another way")
    return record


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, most: int) -> bytes:
    if entry.file_size > most or entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{entry.filename} is too large")
    return archive.read(entry)


def _unpack(archive: zipfile.ZipFile, name: str, *, entry: FileEntry, into: Path) -> None:
    target = inside(into, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    with archive.open(name) as source, target.open("wb") as file:
        while part := source.read(CHUNK):
            found.update(part)
            file.write(part)
    if found.hexdigest() != entry.sha256:
        raise ValueError(f"{name} is not as it was written")
