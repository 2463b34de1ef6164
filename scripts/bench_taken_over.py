"""One changed image of many in packs: processor seconds and bytes written of a stage that takes the others over.

scripts/bench_taken_over.py [--before TREE] [--rounds 3] [--images 20000]

The stage computes nothing: its items have 2 KB each, and packs hold 1000. Each figure is taken in a process of its own,
in turns with the same of the code in TREE (a checkout), so that a busy machine slows both.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from bench_scale import BYTES, SIZE, spent

from wsss.data.index import Index, Record
from wsss.engine.batch import Compute
from wsss.engine.map import Map
from wsss.engine.stage import Job, Runtime
from wsss.store.jobs import FrozenJob, write_job
from wsss.store.kinds import MASKS, Kind
from wsss.store.store import Artifact, Store

assert MASKS.format is not None
RAW = replace(MASKS, format=replace(MASKS.format, encode=bytes))


@dataclass(frozen=True, kw_only=True)
class Raw(Map):
    """The same bytes for each image."""

    makes: ClassVar[Kind] = RAW
    items_stand_alone: ClassVar[bool] = True

    def open(self, job: Job, device: torch.device) -> Compute:
        """Load nothing."""
        del job, device
        return lambda batch: [BYTES] * len(batch.records)


def indexed(store: Store, records: Sequence[Record], digit: str) -> Artifact:
    """Return an index as `index_data` leaves it."""
    artifact = store.artifact("index_data", digit * 16)
    artifact.items.mkdir(parents=True)
    splits = {"train": [record.id for record in records]}
    index = Index.of(records, classes=["a"], splits=splits, root=artifact.items)
    (artifact.items / "index.json").write_text(index.to_json(), encoding="utf-8")
    (artifact.path / "root.txt").write_text(str(artifact.items), encoding="utf-8")
    completed(artifact, {}, kind="index", summary={})
    return artifact


def completed(artifact: Artifact, inputs: dict[str, Artifact], *, kind: str, summary: dict[str, Any]) -> None:
    """Write the manifest."""
    artifact.job.touch()
    prints = {role: each.fingerprint for role, each in inputs.items()}
    artifact.complete(kind=kind, inputs=prints, seconds=0.0, threads=1, summary=summary)


def made(index: Artifact, digit: str) -> int:
    """Make the stage's artifact of an index, and return how many items were not taken over."""
    artifact = Store(root=index.root).artifact("raw", digit * 16)
    where = {"index": (index.stage, index.fingerprint)}
    frozen = FrozenJob(
        stage=artifact.stage,
        fingerprint=artifact.fingerprint,
        identity="1" * 16,
        command="by hand",
        inputs=where,
        outside=(),
        config={},
    )
    write_job(artifact, frozen)
    stage = Raw(runtime=Runtime(device="cpu", workers=1, pack=1000))
    summary = stage.run(Job(artifact=artifact, inputs={"index": index}))
    completed(artifact, {"index": index}, kind="masks", summary=summary)
    return int(summary["made"])


def written() -> int:
    """Return the bytes that this process has handed to the system."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("wchar")))


def figures(folder: Path, images: int) -> tuple[float, float]:
    """Return processor seconds and megabytes written once one image of so many has changed."""
    records = [Record(id=f"{i:06}", image=f"{i}.jpg", size=SIZE, classes=(), digest=f"{i:064x}") for i in range(images)]
    store = Store(root=folder)
    if made(indexed(store, records, "a"), "a") != images:
        raise ValueError("all items were to be made")
    records[images // 2] = replace(records[images // 2], digest="0" * 63 + "f")
    changed, before, again = indexed(store, records, "b"), written(), 0

    def one() -> None:
        nonlocal again
        again = made(changed, "b")

    seconds = spent(one)
    if again != 1:
        raise ValueError(f"{again} items were made, and one has changed")
    return seconds, (written() - before) / 1e6


def main() -> None:
    """Print the medians, and those of an earlier tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(f"{json.dumps(figures(Path(folder), options.images))}\n")
        return
    trees = {"now": Path(__file__).resolve().parents[1], **({"before": options.before} if options.before else {})}
    rounds = {name: list[Sequence[float]]() for name in trees}
    for _ in range(options.rounds):
        for name, tree in trees.items():
            command = [sys.executable, __file__, "--one", "--images", str(options.images)]
            environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tree)  # noqa: S603
            rounds[name].append(json.loads(ran.stdout.splitlines()[-1]))
    for name, found in rounds.items():
        seconds, megabytes = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{name:7} {seconds:7.2f} s of the CPU   {megabytes:8.2f} MB written", flush=True)


if __name__ == "__main__":
    main()
