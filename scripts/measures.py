"""What several of these scripts need: evenly spaced images, what a call takes."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from wsss.data.index import Index, Record


def spread(index: Index, *, split: str, count: int) -> list[Record]:
    """Return evenly spaced images of a split that have a label and a true mask, the same ones every time."""
    every = [record for record in index.split(split) if record.classes and record.mask is not None]
    count = min(count, len(every))
    return [every[at * len(every) // count] for at in range(count)]


def seconds(call: Callable[[], object], *, device: torch.device) -> float:
    """Return how long a call takes."""
    _synchronise(device)
    start = time.perf_counter()
    call()
    _synchronise(device)
    return time.perf_counter() - start


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak(call: Callable[[], object], *, device: torch.device) -> int:
    """Return the largest number of bytes that a call holds at once, beyond what was there before."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        return torch.cuda.max_memory_allocated(device) - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        call()
    return max(_running_sums(record))


def _running_sums(record: Any) -> Iterator[int]:
    """Yield how many bytes are held after every allocation of a profile."""
    held = 0
    for event in record.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            yield held
