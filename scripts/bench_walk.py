"""Time the random walk and its network, and the memory they take, on one core.

python scripts/bench_walk.py

CPU seconds on one core, and the most memory of the process beyond what it takes with the network and maps loaded (two
classes, EfficientNet-Lite0 without weights). The dense matrix of the papers would take 0.55 GB and 140 GB.

    walk, image         network     walk   memory
    irn 500 x 375        0.40 s   0.17 s    93 MB
    irn 2000 x 1500     12.98 s   2.71 s   926 MB
    psa 500 x 375        0.24 s   0.12 s    52 MB
    psa 2000 x 1500      5.84 s   5.75 s   702 MB
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import torch

from wsss.methods.affinity.networks import AffinityNet, EdgeNet, PairNetwork
from wsss.methods.affinity.refiner import IRNWalk, PSAWalk
from wsss.models.classifier import ClassifierOptions
from wsss.models.gap import GAPClassifier
from wsss.types import MAP_STRIDE, ScoreMaps, Size

SIZES: Final = ((375, 500), (1500, 2000))
WALKS: Final = ("irn", "psa")


def peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(walk: str, size: Size) -> None:
    """Print what one image costs: the network, the walk, and memory after each."""
    torch.set_num_threads(1)
    build: Callable[[GAPClassifier], PairNetwork] = EdgeNet if walk == "irn" else AffinityNet
    classifier = ClassifierOptions(backbone="tf_efficientnet_lite0", weights="none").skeleton(("thing",))
    network = build(classifier).eval().to(memory_format=torch.channels_last)
    maps = ScoreMaps(labels=torch.tensor([0, 3]), scores=torch.rand(2, *size.over(MAP_STRIDE)), size=size)
    image = torch.randn(1, 3, size.height, size.width)
    before, started = peak(), time.process_time()
    with torch.no_grad():
        seen = network.edges(image) if isinstance(network, EdgeNet) else network(image)
        asked, between = time.process_time(), peak()
        if walk == "irn":
            IRNWalk().apply(maps, edges=seen)
        else:
            PSAWalk().apply(maps, features=seen)
    seconds = f"network {asked - started:.2f} s, walk {time.process_time() - asked:.2f} s"
    print(f"{walk} {size.width} x {size.height}", seconds, f"{between - before:.0f} MB, then {peak() - before:.0f} MB")


def main() -> None:
    """Measure every walk and size in a process of its own, since memory that was taken is kept."""
    if len(sys.argv) > 1:
        measure(sys.argv[1], Size(height=int(sys.argv[2]), width=int(sys.argv[3])))
        return
    for walk in WALKS:
        for height, width in SIZES:
            subprocess.run([sys.executable, __file__, walk, str(height), str(width)], check=True)  # noqa: S603 - this very file


if __name__ == "__main__":
    main()
