"""Mean and standard deviation of the scores of several runs.

scripts/mean_scores.py outputs/voc12_mini/*
"""

import json
import statistics
import sys
from pathlib import Path


def main(folders: list[str]) -> None:
    """Print a line for every stage, split and metric that all runs have."""
    runs = [json.loads(Path(folder, "scores.json").read_text(encoding="utf-8")) for folder in folders]
    print(f"{len(runs)} runs; per cent, mean +- standard deviation")
    for stage, splits in runs[0].items():
        for split, metrics in splits.items():
            for name in ("map", "miou", "fp", "fn"):
                if metrics.get(name) is not None:
                    values = [100 * run[stage][split][name] for run in runs]
                    spread = statistics.stdev(values) if len(values) > 1 else 0.0
                    print(f"{stage:18}{split:8}{name:6}{statistics.mean(values):6.1f} +- {spread:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
