"""Time the extraction of maps beside bare forward passes of the same views.

python scripts/bench_extraction.py --store runs experiment=folder_quick dataset.root=my_photos [cam=...]

A run of these words must have trained its classifier into the store. The stage reads, normalises, asks for maps, brings
them to stride 4 and writes them. Bare passes send the same views through the network to its last maps, one batch after
the other, and do nothing else. Both take turns.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from wsss.config.compose import resolved
from wsss.data.index import Index
from wsss.engine.asking import asking
from wsss.engine.malloc import keep_freed_memory
from wsss.engine.stage import Job
from wsss.run.command import composed_from
from wsss.run.plan import make_plan
from wsss.stages.extract_cams import ExtractCams, as_cut
from wsss.store.store import Store
from wsss.views.base import pad_to_multiple, scaled

CPU: Final = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Limited(Job):
    """A job on the first images alone."""

    images: int

    def index(self) -> Index:
        """Return the index with the first images of every split."""
        whole = super().index()
        return replace(whole, splits={name: ids[: self.images] for name, ids in whole.splits.items()})


def passes(stage: ExtractCams, job: Job) -> Callable[[], None]:
    """Return what sends all views through the network and throws away what comes out."""
    network = stage.network(job, CPU)
    model, index = as_cut(network.module), job.index()
    batches = [[index.pixels(record) for record in batch] for batch in stage.batches(index)]
    images = [network.normalisation.of_images(batch, device=CPU) for batch in batches]

    def run() -> None:
        with asking(CPU, precision=stage.precision):
            for batch in images:
                for view in views(batch):
                    model.until(model.blocks[-1], view)

    def views(batch: Tensor) -> list[Tensor]:
        scales: tuple[float, ...] = stage.views.scales  # type: ignore[attr-defined]
        sized = [pad_to_multiple(scaled(batch, scale), multiple=model.stride) for scale in scales]
        return [*sized, *(each.flip(-1) for each in sized)] if stage.views.flip else sized  # type: ignore[attr-defined]

    return run


def took(call: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    """Measure, and print seconds an image and their quotient."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default="runs")
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options, words = parser.parse_known_args()
    keep_freed_memory()
    config = resolved(composed_from([*words, f"store={options.store}"]))
    steps = {step.name: step for step in make_plan(config["pipeline"], store=Store.at(options.store))}
    step = steps["extract_cams"]
    assert isinstance(step.stage, ExtractCams)
    stages, bare = list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            artifact = Store(root=Path(folder)).artifact("extract_cams", f"{number:016}")
            job = Limited(artifact=artifact, inputs=step.inputs, images=options.images)
            stages.append(took(lambda job=job: step.stage.run(job)))  # type: ignore[misc]
            bare.append(took(passes(step.stage, job)))
    quotient = statistics.median(a / b for a, b in zip(stages, bare, strict=True))
    each = statistics.median(stages) / options.images, statistics.median(bare) / options.images
    print(f"stage {each[0]:.3f} s an image, bare passes {each[1]:.3f}: {quotient:.3f}")


if __name__ == "__main__":
    main()
