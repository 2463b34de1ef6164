"""What grows with the number of images: processor time of the parts around the networks, beside an earlier tree's.

scripts/bench_scale.py [--before TREE] [--only NAME ...] [--rounds 3] [--images 16000]

Images are drawn. Each figure is taken in a process of its own, in turns with the same of the code in TREE (a checkout,
such as `git worktree add ../before COMMIT`), so that a busy machine slows both: look at the ratios of the medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from wsss.apps.check import check as checking
from wsss.data.datasets import ClassifierData
from wsss.data.examine import Examined
from wsss.data.index import Index, Record
from wsss.data.listing import Entry, Listing
from wsss.data.randomness import KeyedLoader, KeyedSampler
from wsss.data.transforms import ClassifierTransform
from wsss.engine import shard
from wsss.engine.batch import Loaded
from wsss.engine.stage import Runtime
from wsss.models.normalisation import IMAGENET
from wsss.run.plan import make_plan
from wsss.size import Size
from wsss.stages import predict_masks
from wsss.stages.evaluate import Evaluate
from wsss.store.files import write_mask
from wsss.store.kinds import MASKS
from wsss.store.store import Store
from wsss.store.verify import check as check_artifact
from wsss.views.segmentation import SegmentationViews

SIZE: Final = Size(height=375, width=500)
CLASSES: Final = 80
PICTURES: Final = [np.zeros((*SIZE.over(1), 3), dtype=np.uint8)] * 4
BYTES: Final = bytes(range(256)) * 8
"""An item that nobody encodes."""
RATE: Final = 20.0
"""Items a second of the stage that is gone on with."""


def spent(call: Callable[[], object]) -> float:
    """Return the processor seconds of this process in a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def drawn(folder: Path, *, images: int, size: Size = SIZE) -> Index:
    """Return an index of images in 80 classes; the files are links to a few drawn ones, with masks."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for kind in range(16):
        noise = Image.fromarray(rng.integers(0, 256, (size.height // 8, size.width // 8, 3), dtype=np.uint8))
        noise.resize((size.width, size.height)).save(folder / f"{kind}.jpg")
        labels = np.kron(rng.integers(0, CLASSES + 1, (5, 5)), np.ones((75, 100))).astype(np.uint8)
        Image.fromarray(labels[: size.height, : size.width]).save(folder / f"{kind}.png")
    records = []
    for number in range(images):
        names = [f"images/{number:06}.{suffix}" for suffix in ("jpg", "png")]
        for name in names:
            os.link(folder / f"{number % 16}.{name[-3:]}", folder / name)
        own = tuple(sorted({number % CLASSES, number * 7 % CLASSES}))
        records.append(Record(id=f"{number:06}", image=names[0], mask=names[1], size=size, classes=own))
    splits = {"train": [record.id for record in records]}
    return Index.of(records, classes=[f"class {c}" for c in range(CLASSES)], splits=splits, root=folder)


def plan(folder: Path, images: int) -> float:
    """Milliseconds an image of a plan whose data are known: each has two files."""
    drawn(folder / "data", images=images, size=Size(height=8, width=8))
    dataset = {"_target_": "wsss.data.layouts.folder.Folder", "root": str(folder / "data")}
    (folder / "data" / "labels.csv").write_text("file,labels\n", encoding="utf-8")
    pipeline = {"index_data": {"_target_": "wsss.stages.index_data.IndexData", "dataset": dataset}}
    store = Store.at(folder / "store")
    make_plan(pipeline, store=store)
    return 1000 * spent(lambda: make_plan(pipeline, store=store)) / images


def looks(folder: Path, images: int) -> float:
    """Milliseconds an image of the floor of a plan: the same files are listed, and each is looked at once."""
    drawn(folder, images=images, size=Size(height=8, width=8))

    def look() -> None:
        with os.scandir(folder / "images") as listed:
            for entry in listed:
                entry.stat()

    look()
    return 1000 * spent(look) / images


def bookkeeping(folder: Path, images: int) -> float:
    """Milliseconds an item of a finished stage, of 2 KB: found done, put into the manifest, and checked by a reader."""
    items, records, artifact = _finished(folder, images)

    def kept() -> None:
        items.keep_whole(records)
        artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
        check_artifact(artifact)

    return 1000 * spent(kept) / images


def resume(folder: Path, images: int) -> float:
    """Seconds until a stage goes on, with so many items done: the index is read, and whole items are found."""
    items, records, _ = _finished(folder, images)
    data = _index_data(records, folder)
    return spent(lambda: items.keep_whole(Index.from_json(data, root=folder).split("train")))


def first_item(folder: Path, images: int) -> float:
    """Seconds from the start of a stage to its first new item, with all but one of so many done, in one process."""
    _, records, artifact = _finished(folder, images)
    data = _index_data(records, folder)
    new: Any = MASKS.new_items(artifact, Index.from_json(data, root=folder), pack=None).place(records[-1])
    new.unlink()

    def gone_on() -> None:
        read = Index.from_json(data, root=folder)
        work = shard.Work(
            title="items",
            folder=artifact.path,
            reader=lambda: lambda _: Loaded(image=None, items={}),
            open=lambda _: lambda batch: [np.zeros((48, 40), dtype=np.uint8)] * len(batch.records),
            items=MASKS.new_items(artifact, read, pack=None),
            device=torch.device("cpu"),
            workers=1,
            processes=False,
            module=__name__,
        )
        if shard.run(work, [(record,) for record in read.split("train")]) != 1 or not new.exists():
            raise ValueError("one item was missing")

    return spent(gone_on)


def _index_data(records: list[Record], folder: Path) -> bytes:
    index = Index.of(records, classes=["a"], splits={"train": [r.id for r in records]}, root=folder)
    return index.to_json().encode()


def _finished(folder: Path, images: int) -> tuple[Any, list[Record], Any]:
    records = [
        Record(id=f"{i:06}", image=f"{i}.jpg", size=Size(height=48, width=40), classes=()) for i in range(images)
    ]
    artifact = Store(root=folder / "store").artifact("make_masks", "0" * 16)
    items: Any = MASKS.items(artifact, SimpleNamespace(records=records))  # type: ignore[arg-type]
    noise = np.random.default_rng(0).integers(0, 81, (48, 40), dtype=np.uint8)
    items.place(records[0]).parent.mkdir(parents=True, exist_ok=True)
    write_mask(items.place(records[0]), noise)
    data = items.place(records[0]).read_bytes()
    started = time.time() - images / RATE
    for number, record in enumerate(records):
        path = items.place(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (started, started + number / RATE))
    artifact.job.touch()
    return items, records, artifact


def as_files(folder: Path, images: int) -> float:
    """Milliseconds an item of a stage that computes nothing, a file each: made, found done, checked twice, and read."""
    return _whole_stage(folder, images, pack=None)


def as_packs(folder: Path, images: int) -> float:
    """Milliseconds an item of the same in packs of 1000."""
    return _whole_stage(folder, images, pack=1000)


def _whole_stage(folder: Path, images: int, *, pack: int | None) -> float:
    records = [Record(id=f"{i:06}", image=f"{i}.jpg", size=SIZE, classes=()) for i in range(images)]
    index: Any = SimpleNamespace(records=records)
    artifact = Store(root=folder / "store").artifact("make_masks", "0" * 16)
    assert MASKS.format is not None
    raw = replace(MASKS.format, read=_read_raw, is_whole=lambda path, _: path.stat().st_size > 0, encode=bytes)
    kind = replace(MASKS, format=raw)
    work = shard.Work(
        title="items",
        folder=artifact.path,
        reader=lambda: lambda _: Loaded(image=None, items={}),
        open=lambda _: lambda batch: [BYTES] * len(batch.records),
        items=kind.new_items(artifact, index, pack=pack),
        device=torch.device("cpu"),
        workers=1,
        processes=False,
        module=__name__,
    )
    batches = [tuple(records[start : start + 4]) for start in range(0, images, 4)]

    def stage() -> None:
        shard.run(work, batches)
        artifact.job.touch()
        artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})
        shard.run(work, batches)
        check_artifact(artifact)
        items = kind.items(artifact, index)
        if any(items.read(record) != BYTES for record in records):
            raise ValueError("an item is not as it was made")

    taken = 1000 * spent(stage) / images
    files, limit = len(artifact.files()), images if pack is None else images // pack + 1
    if files > limit:
        raise ValueError(f"{files} files are more than {limit}")
    return taken


def _read_raw(place: Any, _: Size) -> bytes:
    data: bytes = place.read_bytes() if isinstance(place, Path) else place.open().read()
    return data


class Answers(torch.nn.Module):
    """Answers at once with logits of 81 labels, at every pixel or at a stride."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.logits = torch.randn(4, CLASSES + 1, *SIZE.over(stride))

    def segment(self, images: torch.Tensor) -> torch.Tensor:
        """Return the same for every batch."""
        return self.logits[: len(images)]


def prediction(folder: Path, images: int) -> float:
    """Milliseconds an image from the answers for it and its mirror image, at every pixel, to the mask, on a CPU."""
    del folder, images
    return _masks_of(Answers(1))


def coarse(folder: Path, images: int) -> float:
    """Milliseconds an image of the same where the network answers at stride 4."""
    del folder, images
    return _masks_of(Answers(4))


def refined(folder: Path, images: int) -> float:
    """Milliseconds an image from the same answers, at every pixel, to the probabilities that refiners get."""
    del folder, images
    predictor = _predictor(Answers(1))
    return 1000 * statistics.median(spent(lambda: predictor.maps(PICTURES)) for _ in range(5)) / len(PICTURES)


def fetching(folder: Path, images: int) -> float:
    """Milliseconds an image that are left for the CPU where a GPU decides."""
    del folder, images
    every = _decided(_predictor(Answers(1)))
    return 1000 * statistics.median(spent(lambda: [later() for later in every]) for _ in range(5)) / len(PICTURES)


def _masks_of(network: Answers) -> float:
    predictor = _predictor(network)
    took = statistics.median(spent(lambda: [later() for later in _decided(predictor)]) for _ in range(5))
    return 1000 * took / len(PICTURES)


def _decided(predictor: Any) -> list[Any]:
    early = not hasattr(predictor, "decided")  # a tree that always makes probabilities
    later: list[Any] = predictor.masks(PICTURES, predictor.maps(PICTURES)) if early else predictor.decided(PICTURES)
    return later


def _predictor(network: Answers) -> Any:
    views, device = SegmentationViews(), torch.device("cpu")
    predictor = predict_masks.MaskPredictor(
        network=network, normalisation=IMAGENET, views=views, refine=(), device=device
    )
    object.__setattr__(predictor, "normalisation", Nothing())
    return predictor


class Nothing:
    """Stands in for normalisation, which is measured with the loader."""

    def __call__(self, image: Any) -> torch.Tensor:
        """Return an image of the size, of one value."""
        return torch.zeros(3, *SIZE.over(1))

    def of_images(self, images: Any, *, device: torch.device) -> torch.Tensor:
        """Return a batch of the same."""
        return torch.zeros(len(images), 3, *SIZE.over(1))


def loader(folder: Path, images: int) -> float:
    """Milliseconds an image of 500 x 375 pixels that a loader decodes, augments to 512 x 512 and puts into a batch."""
    index = drawn(folder, images=64)
    transform = ClassifierTransform(long_side=(320, 640), crop=512)
    records = index.split("train")
    data = ClassifierData(index=index, records=records, transform=transform, normalisation=IMAGENET, random_seed=0)
    sampler = KeyedSampler(len(records), batch_size=16, random_seed=0)
    batches = KeyedLoader(data, sampler=sampler, batch_size=16)
    next(iter(batches))
    return 1000 * spent(lambda: list(batches)) / len(records)


def data_check(folder: Path, images: int) -> float:
    """Seconds of the tables of `wsss data check` at 80 classes, without decoding."""
    rng = np.random.default_rng(0)
    names = tuple(f"class {c}" for c in range(CLASSES))
    entries, examined = [], {}
    for number in range(images):
        own = rng.choice(CLASSES, 3, replace=False)
        entry = Entry(
            id=f"{number}", image=f"{number}.jpg", names=tuple(names[c] for c in own), mask="m", source="drawn"
        )
        entries.append(entry)
        labels = {0: 100, **{int(c) + 1: 50 for c in own}}
        examined[entry.id] = Examined(size=SIZE, content=str(number), file=str(number), labels=labels)
    listing = Listing(root=folder, classes=names, entries=tuple(entries), splits={"train": tuple(examined)})
    layout = SimpleNamespace(
        listing=lambda _: listing, skipped=lambda _: (), trait_notes=lambda *_: (), white=255, classes=names
    )
    vars(checking)["examine_all"] = lambda *_, **__: examined
    return spent(lambda: checking.check_dataset(layout, into=folder))  # type: ignore[arg-type]


def evaluation(folder: Path, images: int) -> float:
    """Seconds on the clock for the masks of all images; WSSS_CORES says on how many processes, and wants idle cores."""
    index = drawn(folder / "data", images=images)
    store = Store(root=folder / "store")
    known, masks = store.artifact("index_data", "0" * 16), store.artifact("make_masks", "1" * 16)
    (known.items).mkdir(parents=True)
    masks.items.mkdir(parents=True)
    (known.items / "index.json").write_text(index.to_json(), encoding="utf-8")
    (known.path / "root.txt").write_text(str(folder / "data"), encoding="utf-8")
    items: Any = MASKS.items(masks, index)
    for record in index.split("train"):
        place = items.place(record)
        place.parent.mkdir(exist_ok=True)  # many items lie in folders of their own
        os.link(folder / "data" / record.mask, place)  # type: ignore[operator]
    for artifact, kind in ((known, "index"), (masks, "masks")):
        artifact.job.touch()
        artifact.complete(kind=kind, inputs={}, seconds=0.0, threads=1, summary={"splits": ["train"]})
    job = SimpleNamespace(artifact=store.artifact("evaluate", "2" * 16), inputs={"index": known, "make_masks": masks})
    job.index = lambda: index
    started = time.monotonic()
    Evaluate(runtime=Runtime()).run(job)  # type: ignore[arg-type]
    return time.monotonic() - started


MEASURES: Final[dict[str, Callable[[Path, int], float]]] = {
    each.__name__: each
    for each in (
        *(plan, looks, bookkeeping, resume, first_item, as_files, as_packs),
        *(prediction, coarse, refined, fetching, loader, data_check, evaluation),
    )
}


def measured(name: str, *, tree: Path, images: int) -> float:
    """Take a figure in a process that imports the code of a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, __file__, "--one", name, "--images", str(images)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tree)  # noqa: S603
    return float(json.loads(ran.stdout.splitlines()[-1]))


def main() -> None:
    """Print the median of every figure and, with an earlier tree, its ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=16_000)
    parser.add_argument("--one", choices=MEASURES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.before and not (options.before / "wsss").is_dir():
        parser.error(f"--before {options.before}: this is not a checkout of wsss")
    if options.one:
        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(f"{MEASURES[options.one](Path(folder), options.images)}\n")
        return
    trees = [Path(__file__).resolve().parents[1], *([options.before.resolve()] if options.before else [])]
    for name in options.only:
        rounds = [[measured(name, tree=tree, images=options.images) for tree in trees] for _ in range(options.rounds)]
        now, *before = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = f"   before {before[0]:9.3f}   {before[0] / now:5.1f} x" if before else ""
        print(f"{name:12} {now:9.3f}{ratio}   {MEASURES[name].__doc__}", flush=True)


if __name__ == "__main__":
    main()
