"""A first look at one image: its maps at once, and how long the scores of all will take."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch

from wsss.apps.batch.inputs import Inputs
from wsss.apps.batch.output import Output
from wsss.apps.batch.task import Example
from wsss.apps.explain.task import Explain
from wsss.cams.scores import classify
from wsss.data.images import read_image, read_mask
from wsss.draw.numbers import duration
from wsss.errors import DataError

PATIENCE: Final = 10.0
"""Seconds that maps may take without a word: nothing moves on the screen before the first of them is made."""


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """The sheet of the first image, without scores, and the seconds that all images take, by guess."""

    sheet: Path
    seconds: float
    without_scores: float

    @property
    def words(self) -> str:
        """What a person is told."""
        quick = f"maps alone (--no-scores) about {duration(self.without_scores)}"
        return f"with scores this takes about {duration(self.seconds)}, {quick}; the first maps: {self.sheet}"


def first_look(task: Explain, inputs: Inputs, *, output: Output, head: Mapping[str, Any]) -> FirstLook | None:
    """Explain the first image that can be read, without scores; None where none can be read.

    The scores of a map take `Scoring.passes` passes of the network, and its method once more. One batch of them is
    timed, and all images are taken to be as the first.
    """
    example = _first(inputs, white=task.white)
    if example is None:
        return None
    output.write_table({**head, "images": [], "failed": {}})  # a folder with sheets and no table is somebody else's
    explainer, quick = task.explainer, replace(task, scored=False, printed=False)
    try:
        explained = quick.look(example, advance=lambda: None)
    except DataError:  # the batch names it
        return None
    row = quick.write(example, explained, output=output)
    maps = sum({each.method: each.seconds for each in explained.explanations}.values())
    passes = explainer.scoring.passes * len(explained.explanations)
    scores = maps + passes * _seconds_a_pass(task, example, explainer.scoring.chunk)
    count = len(inputs.names)
    return FirstLook(
        sheet=output.place(row["sheet"]).absolute(), seconds=count * (maps + scores), without_scores=count * maps
    )


def long_wait(task: Explain, inputs: Inputs) -> str:
    """Say how long methods that ask the network many times take for all images, by guess; empty where that is short.

    Two passes of the first image that can be read are timed. A map asks all classes of an image at once.
    """
    if (example := _first(inputs, white=task.white)) is None:
        return ""
    seen = task.explainer.seen(example.image)[None]
    passes = {name: method.long_passes(model, seen) for name, (method, model) in task.methods.methods.items()}
    if not any(passes.values()):
        return ""
    a_pass = min(_seconds_a_pass(task, example, 1) for _ in range(2))  # the first also prepares kernels
    seconds = len(inputs.names) * sum(passes.values()) * a_pass
    if seconds < PATIENCE:
        return ""
    times = " and ".join(f"{name} asks the network {count:,} times" for name, count in passes.items() if count)
    return f"for each image, {times}, about {duration(seconds)} for all maps; eigencam asks once"


def _first(inputs: Inputs, *, white: int) -> Example | None:
    for path, name in inputs.names.items():
        try:
            return Example(
                path=path,
                name=name,
                image=read_image(inputs.root / path, white=white),
                files={},
                pixels=read_mask(inputs.pixels[path]) > 0 if path in inputs.pixels else None,
            )
        except DataError:  # the batch names it
            continue
    return None


def _seconds_a_pass(task: Explain, example: Example, images: int) -> float:
    """Return the seconds that an image takes among so many in a batch."""
    explainer = task.explainer
    batch = explainer.seen(example.image).expand(images, -1, -1, -1)
    begin = time.perf_counter()
    with torch.no_grad():
        classify(explainer.classifier, batch).cpu()
    return (time.perf_counter() - begin) / len(batch)
