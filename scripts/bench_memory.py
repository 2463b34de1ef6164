"""Time forward and training passes with malloc as it comes and as `keep_freed_memory` sets it.

python scripts/bench_memory.py

Each setting has a process of its own, the two alternate, and the best of several passes counts. Two cores, seconds an
image (EfficientNet-Lite0 without weights, channels last):

    pass                       as it comes      kept   ratio
    forward 4 x 192 x 256            0.021     0.020    1.08
    forward 4 x 384 x 512            0.113     0.065    1.73
    forward 4 x 768 x 1024           0.614     0.237    2.59
    training 16 x 256 x 256          0.132     0.106    1.25
"""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import torch

from wsss.engine.malloc import keep_freed_memory
from wsss.models.classifier import ClassifierOptions

FORWARD: Final = ((4, 192, 256), (4, 384, 512), (4, 768, 1024))
TRAINING: Final = (16, 256, 256)
REPEATS: Final = 5


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the quickest pass after a first one."""
    work()
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def measure() -> None:
    """Print the seconds an image of every pass, one a line."""
    network = (
        ClassifierOptions(backbone="tf_efficientnet_lite0", weights="none").build(tuple(map(str, range(20)))).eval()
    )
    network.to(memory_format=torch.channels_last)

    def images(*shape: int) -> torch.Tensor:
        return torch.randn(shape[0], 3, *shape[1:]).contiguous(memory_format=torch.channels_last)

    for shape in FORWARD:
        seen = images(*shape)
        with torch.inference_mode():
            seconds = best(lambda seen=seen: network.until("last", seen))  # type: ignore[misc]
        print(f"forward {' x '.join(map(str, shape))}", seconds / shape[0], sep="\t")
    seen = images(*TRAINING)
    seconds = best(lambda: network(seen).sum().backward())
    print(f"training {' x '.join(map(str, TRAINING))}", seconds / TRAINING[0], sep="\t")


def main() -> None:
    """Measure both settings in turn, and print them beside each other."""
    if len(sys.argv) > 1:
        if sys.argv[1] == "kept" and not keep_freed_memory():
            sys.exit("this system has no mallopt")
        measure()
        return
    seconds: dict[str, dict[str, list[float]]] = {}
    for setting in ("as it comes", "kept") * 2:
        done = subprocess.run([sys.executable, __file__, setting], check=True, capture_output=True, text=True)  # noqa: S603 - itself
        for line in done.stdout.splitlines():
            name, value = line.split("\t")
            seconds.setdefault(name, {}).setdefault(setting, []).append(float(value))
    print(f"{'pass':<24}{'as it comes':>14}{'kept':>10}{'ratio':>8}")
    for name, settings in seconds.items():
        before, after = min(settings["as it comes"]), min(settings["kept"])
        print(f"{name:<24}{before:>14.3f}{after:>10.3f}{before / after:>8.2f}")


if __name__ == "__main__":
    main()
