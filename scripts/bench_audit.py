"""What an audit costs beyond showing images to the network: time and memory on drawn embeddings.

    .venv/bin/python scripts/bench_audit.py                     10,000 images
    .venv/bin/python scripts/bench_audit.py --images 80000      memory stays bounded

Embeddings have 1280 channels, as the packaged network's, and 20 classes. The network sees every image once, and a fifth
of them a second time; what is measured here comes on top. `memory` is by how much the process has grown at its peak.
"""

import argparse
import resource
import time
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from wsss.audit.drift import drift
from wsss.audit.duplicates import candidates
from wsss.audit.neighbours import Neighbours, centred, nearest, shares
from wsss.audit.ridge import fit
from wsss.audit.suspects import looked_at

T = TypeVar("T")

CHANNELS: Final = 1280
CLASSES: Final = 20
DRAWN: Final = 1000
"""Images that are drawn at once."""


def main() -> None:
    """Print a line for every part."""
    parser = argparse.ArgumentParser(prog="bench_audit", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=10_000, help="how many (default: 10000)")
    images = parser.parse_args().images
    draw = np.random.default_rng(0)
    directions = draw.normal(size=(CLASSES, CHANNELS)).astype(np.float32)
    tags = draw.random((images, CLASSES)) < 0.08
    embeddings = np.empty((images, CHANNELS), dtype=np.float16)
    for first in range(0, images, DRAWN):
        part = slice(first, min(first + DRAWN, images))
        noise = draw.normal(size=(part.stop - first, CHANNELS)).astype(np.float32)
        embeddings[part] = tags[part].astype(np.float32) @ directions + 2 * noise
    before = peak()
    print(f"{images} images, {embeddings.nbytes / 2**20:.0f} MiB of embeddings")
    neighbours: Neighbours = timed("neighbours", lambda: nearest(centred(embeddings)), before)
    timed("pairs that stand out", lambda: candidates(neighbours), before)
    ridge = timed("regression", lambda: fit(embeddings, tags), before)
    share = timed("shares of neighbours", lambda: shares(neighbours, tags, group=np.arange(images)), before)
    judged = np.ones(CLASSES, dtype=bool)
    chosen = timed("images to look at again", lambda: looked_at(tags, ridge.scores, share, judged=judged), before)
    timed("drift", lambda: drift(embeddings, np.arange(images) % 4 == 0), before)
    print(f"{len(chosen) / images:.2f} of the images are shown to the network again")


def timed(name: str, call: Callable[[], T], before: float) -> T:
    """Call, and print the time and the memory until then."""
    start = time.perf_counter()
    made = call()
    print(f"  {name:26}{time.perf_counter() - start:8.1f} s   memory {peak() - before:6.0f} MiB", flush=True)
    return made


def peak() -> float:
    """Return the largest memory of this process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    main()
