"""Readers of files that come from elsewhere, each with a good file: what `contracts/test_bad_bytes.py` changes."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import yaml
from builders import named, write_scores
from data_sets import devkit, own_folder
from PIL import Image
from stored_networks import SMALL
from toy_runs import freeze, made

from wsss.data.images import read_image, read_mask, read_size
from wsss.data.index import Index, Record
from wsss.data.layouts.folder import Folder
from wsss.data.layouts.voc import VOC
from wsss.data.traits import traits_of
from wsss.objects import ObjectState
from wsss.places import Member
from wsss.run.record import read_record
from wsss.run.run_file import stages_in
from wsss.store.files import read_mask_item, read_scores, write_mask
from wsss.store.jobs import read_job
from wsss.store.kinds import NETWORK, TABLE
from wsss.store.manifest import read_manifest
from wsss.store.networks import NetworkRecord, read_record as read_network, write_record
from wsss.store.pointers import pointed_at, write_pointer
from wsss.store.run_notes import read_notes, write_note
from wsss.store.schema import Plain
from wsss.store.store import Artifact, Store
from wsss.store.texts import from_yaml
from wsss.types import ScoreMaps, Size

PIXELS = np.random.default_rng(0).integers(0, 256, size=(12, 16, 3), dtype=np.uint8)
MOST_PIXELS = 2_000_000
"""A changed header may ask for as many as are read at all, which takes time: so many are not decoded here."""


class Reader(NamedTuple):
    """Something that reads a file: how a good one is made in a folder, which returns its path, and the reader."""

    make: Callable[[Path], Path]
    read: Callable[[Path], object]


def written(name: str, content: bytes | str) -> Callable[[Path], Path]:
    """A file of this content."""

    def make(root: Path) -> Path:
        path = root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def encoded(form: str, **options: object) -> bytes:
    """A picture in a format."""
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, format=form, **options)
    return buffer.getvalue()


def in_folder(labels: str, name: str = "labels.csv") -> Reader:
    """A label file of five images."""

    def make(root: Path) -> Path:
        own_folder(root / "own")
        (root / "own" / "labels.csv").unlink()
        return written(name, labels)(root / "own")

    def read(path: Path) -> object:
        return Folder(root=path.parent, labels=name).listing(path).problems

    return Reader(make, read)


def in_devkit(name: str) -> Reader:
    """A file of a VOC devkit."""

    def make(root: Path) -> Path:
        return devkit(root / "kit") / name

    def read(path: Path) -> object:
        return VOC(root=path.parents[name.count("/")]).listing(path).problems

    return Reader(make, read)


def picture(form: str, **options: object) -> Reader:
    """An image file."""

    def read(path: Path) -> object:
        size = read_size(path)
        if size.height * size.width > MOST_PIXELS:
            return None
        return traits_of(path), read_image(path).shape

    return Reader(written("a.png", encoded(form, **options)), read)


def mask(root: Path) -> Path:
    """A mask as stages write it."""
    write_mask(root / "a.png", PIXELS[..., 0])
    return root / "a.png"


def maps(root: Path) -> Path:
    """Score maps of two labels."""
    scores = ScoreMaps(labels=torch.tensor([0, 2]), scores=torch.rand(2, 3, 4), size=Size(height=12, width=16))
    write_scores(root / "a.npz", scores)
    return root / "a.npz"


def artifact_in(root: Path) -> Artifact:
    """An artifact of one table."""
    artifact = Store(root=root / "store").artifact("evaluate", "0" * 16)
    artifact.items.mkdir(parents=True)
    (artifact.items / "scores.json").write_text('{"make_masks": {"train": {"miou": 0.5}}}')
    return made(artifact, TABLE)


def job(root: Path) -> Path:
    """A frozen job."""
    artifact = artifact_in(root)
    freeze(artifact, config={"_target_": "wsss.x.Y", "values": [1, 0.5, None, {"a": True}]}, index=artifact)
    return artifact.job


def network(root: Path) -> Path:
    """A network's record without weights."""
    artifact = Store(root=root / "store").artifact("train_classifier", "0" * 16)
    artifact.items.mkdir(parents=True)
    weights = {"last": ("weights.safetensors",)}
    write_record(
        artifact,
        NetworkRecord(options=SMALL, classes=named(2), normalisation=SMALL.normalisation, weights=weights),
    )
    return artifact.items / "network.json"


def changed_network(path: Path) -> object:
    """Read a record that somebody changed before it was hashed."""
    artifact = Store(root=path.parents[3]).artifact("train_classifier", "0" * 16)
    return read_network(made(artifact, NETWORK))


def run(root: Path) -> Path:
    """A run's record."""
    artifact = artifact_in(root)
    record = {
        "format": 1,
        "store": str(root / "store"),
        "stages": {artifact.stage: artifact.fingerprint},
        "makes": {artifact.stage: "table"},
        "manifests": {artifact.stage: "1" * 64},
        "config": {"name": "a", "pipeline": {"evaluate": {"_target_": "wsss.stages.evaluate.Evaluate"}}},
    }
    return written("run.yaml", yaml.safe_dump(record))(root)


def read_run(path: Path) -> object:
    """Read a run, ask what it made, and ask what it refers to, which a torn record does not stop."""
    stages_in(path.parent)
    found = read_record(path.parent)
    return found.last(TABLE)


def note(root: Path) -> Path:
    """A note of a run's folder."""
    write_note(root / "notes", Path("/outputs/toy/1"))
    return next((root / "notes").iterdir())


def pointer(root: Path) -> Path:
    """A pointer to a pack of two items."""
    path = root / "packs" / "00000000.zip.json"
    path.parent.mkdir()
    members = [Member(archive=path, name=f"{i}.png", start=k, size=9, checksum=k) for k, i in enumerate("ab")]
    write_pointer(path, "s3://bucket/00000000.zip", ObjectState(size=99, etag="1"), members)
    return path


def index_text() -> str:
    """An index of two images."""
    records = [
        Record(id=i, image=f"images/{i}.png", size=Size(height=4, width=6), classes=(k,), mask=f"masks/{i}.png")
        for k, i in enumerate("ab")
    ]
    return Index.of(
        records, classes=("cat", "dog"), splits={"train": "a", "val": "b"}, root=Path("/x"), notes=("a note",)
    ).to_json()


def read_index(path: Path) -> object:
    """Read an index, and where its images lie."""
    found = Index.from_json(path.read_bytes(), root=path.parent)
    return [(found.image_path(each), found.mask_path(each)) for each in found.records.values()]


ROWS = (("a.png", "cat;dog"), ("b.png", "cat"), ("c.png", ""), ("d.png", "hot dog"))
READERS = {
    "a CSV": in_folder("image,labels\n" + "".join(f"{name},{labels}\n" for name, labels in ROWS)),
    "a CSV with lists": in_folder('image,labels,split\na.png,"[\'cat\', \'dog\']",train\nb.png,"[""cat""]",val\n'),
    "a CSV with columns": in_folder("sep=;\nimage;cat;dog\na.png;1;0\nb.png;0;1\n"),
    "labels in JSON": in_folder(json.dumps({name: labels.split(";") for name, labels in ROWS}), "labels.json"),
    "a list of VOC's": in_devkit("ImageSets/Segmentation/train.txt"),
    "XML of VOC's": in_devkit("Annotations/b.xml"),
    "an index": Reader(written("index.json", index_text()), read_index),
    "a manifest": Reader(lambda root: artifact_in(root).manifest_path, read_manifest),
    "a job": Reader(job, read_job),
    "a run": Reader(run, read_run),
    "a pointer": Reader(pointer, pointed_at),
    "a note": Reader(note, lambda path: read_notes(path.parent)),
    "a network's record": Reader(network, changed_network),
    "YAML": Reader(
        written("a.yaml", "a: [1, 2.5, null, 'x', {b: true}]\nc: |\n  text\nd: text\n"),
        lambda path: from_yaml(path.read_bytes(), Plain, path=path, remedy="mend it"),
    ),
    "score maps": Reader(maps, read_scores),
    "a stored mask": Reader(mask, read_mask_item),
    "a mask": Reader(mask, read_mask),
    **{f"a {form}": picture(form) for form in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "PPM", "JPEG2000", "AVIF")},
    "a TIFF in LZW": picture("TIFF", compression="tiff_lzw"),
}


class Bench:
    """A good file of a reader, which is read after its content was changed."""

    def __init__(self, name: str, root: Path) -> None:
        self._reader = READERS[name]
        self.path = self._reader.make(root)
        self.good = self.path.read_bytes()

    def read(self, content: bytes) -> object:
        """Read another content; the file's name stays."""
        self.path.unlink() if not self.path.is_dir() else shutil.rmtree(self.path)
        self.path.write_bytes(content)
        return self._reader.read(self.path)
