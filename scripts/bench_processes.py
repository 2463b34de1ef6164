"""Score the toy's segmentation network after trainings in one, two and three processes, beside its spread over seeds.

python scripts/bench_processes.py --store runs

A training in several processes draws other dropout masks and has its batch norm see a part of each batch, so its
weights differ; its scores should not differ more than those of trainings with other random seeds. All trainings share
the pseudo masks of the first one.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Final

SEEDS: Final = (0, 1, 2, 3)
PROCESSES: Final = (2, 3)
BATCH: Final = "fit.segmenter.batch_size=12"
"""Divides among one, two and three processes."""


def score(store: Path, *, seed: int, processes: int) -> float:
    """Return the val mIoU of one training, in per cent."""
    out = store / "bench_processes" / f"{processes}_{seed}"
    launcher = ["launcher=torchrun", f"launcher.nproc={processes}", "launcher.threads=1"]
    overrides = [BATCH, f"pipeline.train_segmenter.random_seed={seed}", f"store={store}", f"out={out}", *launcher]
    command = [sys.executable, "-m", "wsss", "run", "experiment=toy", *overrides]
    subprocess.run(command, check=True)  # noqa: S603 - our own command
    scores = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    return 100 * float(scores["predict_masks"]["val"]["miou"])


def main() -> None:
    """Train over seeds and over numbers of processes, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, default=Path("runs"))
    store = parser.parse_args().store
    seeds = [score(store, seed=seed, processes=1) for seed in SEEDS]
    lowest, highest = min(seeds), max(seeds)
    spread = f"mean {statistics.mean(seeds):.1f}, {lowest:.1f} to {highest:.1f}"
    print(f"1 process, random seeds {', '.join(map(str, SEEDS))}: {spread}")
    for processes in PROCESSES:
        found = score(store, seed=SEEDS[0], processes=processes)
        print(f"{processes} processes, random seed {SEEDS[0]}: {found:.1f}")


if __name__ == "__main__":
    main()
