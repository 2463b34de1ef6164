"""Score refiners with other options on some images of a finished run, over true masks.

    .venv/bin/python scripts/sweep_refine.py outputs/voc12_mini/1 background.threshold=0.3,0.4,0.5
    .venv/bin/python scripts/sweep_refine.py outputs/mine/1 walk.steps=64,256 background.threshold=0.5,0.6

Names are those of the run's `refine`; every combination is tried on what the refiners before it made, so that a slow
one is not repeated for each option of the next. Prints the mIoU in per cent after each refiner, from the first on that
knows a background. Images are evenly spaced over those of the training split that have a label and a true mask.
"""

import argparse
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from measures import spread
from numpy.typing import NDArray

from wsss.data.index import Index, Record
from wsss.engine.batch import Batch, Read
from wsss.engine.refining import Step, step
from wsss.labels import label_count
from wsss.masks import strongest
from wsss.metrics.confusion import SegmentationScores, confusion
from wsss.refine.base import Refiner
from wsss.run.record import read_record
from wsss.stages.refine_cams import RefineCams
from wsss.types import ScoreMaps

Tried = tuple[str, ...]
"""What was tried so far, refiner by refiner; empty words where nothing was varied."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A finished run, and the values to try: option names by refiner, each with its values."""

    run: Path
    values: dict[str, dict[str, list[Any]]]
    images: int

    def variants(self) -> list[dict[str, Refiner]]:
        """Return every combination of options of each of the run's refiners, by the words for it."""
        refine = self.stage().refine
        unknown = sorted(self.values.keys() - refine.keys())
        if unknown:
            raise SystemExit(f"no refiner {', '.join(unknown)}: the run has {', '.join(refine)}")
        return [variants(refiner, self.values.get(name, {})) for name, refiner in refine.items()]

    def stage(self) -> RefineCams:
        """Return the stage of the run that refines."""
        return read_record(self.run).stage("refine_cams", RefineCams)

    def records(self) -> list[Record]:
        """Return the images."""
        index = read_record(self.run).job("refine_cams").index()
        return spread(index, split=self.stage().splits[0], count=self.images)

    def opened(self) -> "Opened":
        """Open every variant of every refiner."""
        job, device = read_record(self.run).job("refine_cams"), torch.device("cpu")
        steps = [
            {words: step(refiner, job=job, device=device) for words, refiner in every.items()}
            for every in self.variants()
        ]
        return Opened(read=self.stage().reader(job), index=job.index(), steps=steps)


def variants(refiner: Refiner, values: Mapping[str, Sequence[Any]]) -> dict[str, Refiner]:
    """Return a refiner with every combination of options, by words for it."""
    known = [field.name for field in fields(refiner)]
    if unknown := sorted(values.keys() - set(known)):
        raise SystemExit(f"{type(refiner).__name__} has no {', '.join(unknown)}; it has: {', '.join(known)}")
    every = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    return {" ".join(f"{name}={value}" for name, value in own.items()): replace(refiner, **own) for own in every}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Refiners that are ready, and what they work on."""

    read: Read
    index: Index
    steps: list[dict[str, Step]]

    def confusions(self, record: Record) -> dict[Tried, NDArray[np.int64]]:
        """Return the confusion matrix of one image after every refiner of every combination."""
        batch, truth = Batch.of((record,), [self.read(record)]), self.index.truth(record)
        assert truth is not None
        found: dict[Tried, NDArray[np.int64]] = {}

        def go_on(maps: ScoreMaps, tried: Tried) -> None:
            if maps.has_background:
                found[tried] = confusion(truth, strongest(maps)[0], labels=label_count(self.index.classes))
            if len(tried) < len(self.steps):
                for words, refine in self.steps[len(tried)].items():
                    go_on(refine(batch, [maps])[0], (*tried, words))

        (raw,) = batch.items["maps"]
        go_on(raw, ())
        return found


def main() -> None:
    """Print a row for every refiner of every combination."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a finished run, such as outputs/voc12_mini/1")
    parser.add_argument("options", nargs="*", metavar="refiner.option=value,value")
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args()
    values: dict[str, dict[str, list[Any]]] = {}
    for option in given.options:
        key, _, listed = option.partition("=")
        refiner, _, name = key.partition(".")
        values.setdefault(refiner, {})[name] = [yaml.safe_load(value) for value in listed.split(",")]
    sweep = Sweep(run=given.run, values=values, images=given.images)
    sweep.variants()  # a wrong name is told here, and not by a worker
    # Not forked from a process in which torch has threads already.
    pool = ProcessPoolExecutor(
        given.workers, mp_context=multiprocessing.get_context("spawn"), initializer=begin, initargs=(sweep,)
    )
    with pool:
        every = list(pool.map(confusions, sweep.records()))
    print(f"{len(every)} images")
    for tried in every[0]:
        total = np.sum([each[tried] for each in every], axis=0)
        words = " | ".join(words or "-" for words in tried)
        print(f"{100 * SegmentationScores.of(total).miou:6.1f}  {words}")


_opened: list[Opened] = []
"""What a worker process has opened."""


def begin(sweep: Sweep) -> None:
    """Open the refiners in a worker, which has one thread."""
    torch.set_num_threads(1)
    _opened.append(sweep.opened())


def confusions(record: Record) -> dict[Tried, NDArray[np.int64]]:
    """See `Opened`."""
    return _opened[0].confusions(record)


if __name__ == "__main__":
    main()
