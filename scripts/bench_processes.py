"""Score the toy's segmentation network after trainings in one, two and three processes, beside its spread over seeds.

python scripts/bench_processes.py --store runs

A training in several processes draws other dropout masks and rounds otherwise, so its weights differ; its scores
should not differ more than those of trainings with other random seeds. All trainings share the pseudo masks of the
first one.

Found on two cores, mIoU on val in per cent: one process, seven random seeds: 82.3 +- 1.3, 80.2 to 84.2; two processes
83.2; three processes 81.1.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Final

SEEDS: Final = tuple(range(7))
PROCESSES: Final = (2, 3)
BATCH: Final = "fit.segmenter.batch_size=12"
"""Divides among one, two and three processes."""


TRAINED: Final = ("train_segmenter", "predict_masks", "evaluate", "report", "bench_processes")
"""What must not be found in a store, since processes do not count in fingerprints."""


def without_training(store: Path, processes: int) -> Path:
    """Return a store with the pseudo masks of another one, and no segmentation network."""
    other = store / "bench_processes" / f"store_{processes}"
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(store, other, ignore=shutil.ignore_patterns(*TRAINED))
    return other


def score(store: Path, *, seed: int, processes: int) -> float:
    """Return the val mIoU of one training, in per cent."""
    out = store / "bench_processes" / f"{processes}_{seed}"
    shutil.rmtree(out, ignore_errors=True)
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
    spread = f"{statistics.mean(seeds):.1f} +- {statistics.stdev(seeds):.1f}, {min(seeds):.1f} to {max(seeds):.1f}"
    print(f"1 process, {len(seeds)} random seeds: {spread}")
    for processes in PROCESSES:
        found = score(without_training(store, processes), seed=SEEDS[0], processes=processes)
        print(f"{processes} processes, random seed {SEEDS[0]}: {found:.1f}")


if __name__ == "__main__":
    main()
