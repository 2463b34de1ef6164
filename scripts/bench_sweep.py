"""Measure what a sweep of thirty small runs takes beyond the seconds of its stages.

python scripts/bench_sweep.py [--jobs 2]

The runs share an index, three classifiers and six sets of maps. The critical resource is the sum of the seconds that
all stages took, as their manifests say, over the stages that are made at once; the wall clock runs from the first
finished stage to the end of the command. What lies between two stages is the sweep's own: processes, checks of what a
stage reads, manifests, pages of runs. Machines that others use measure nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from wsss.testing.stages import SMALL

WORDS: Final = (
    *(word.replace(", ", ",") for word in SMALL if not word.startswith(("refine", "views"))),
    *("refine=background", "views.scales=[1.0]", "until=make_masks", "random_seed=0,1,2", "cam=cam,gradcam"),
    "refine.background.threshold=0.1,0.2,0.3,0.4,0.5",
)
EVERY: Final = 0.02
"""Seconds between two looks for the first finished stage."""


def swept(folder: Path, *, jobs: int) -> dict[str, float]:
    """Make the sweep in a folder and return seconds of the wall clock, of stages over `jobs`, and their quotient."""
    with (folder / "screen.txt").open("w", encoding="utf-8") as screen:
        process = subprocess.Popen(  # noqa: S603, our own command
            [sys.executable, "-m", "wsss", "sweep", "many", *WORDS, f"jobs={jobs}"],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            cwd=folder,
            stdout=screen,
            stderr=subprocess.STDOUT,
        )
        begun = time.monotonic()
        while process.poll() is None and not manifests(folder):
            time.sleep(EVERY)
        first = time.monotonic()
        if process.wait():
            sys.exit((folder / "screen.txt").read_text(encoding="utf-8")[-3000:])
        ended = time.monotonic()
    took = [json.loads(path.read_text(encoding="utf-8"))["seconds"] for path in manifests(folder)]
    critical = sum(took) / jobs
    return {
        "stages": len(took),
        "until_first": round(first - begun, 2),
        "wall": round(ended - first, 2),
        "critical": round(critical, 2),
        "ratio": round((ended - first) / critical, 3),
        "own_seconds_a_stage": round((ended - first - critical) / len(took), 3),
    }


def manifests(folder: Path) -> list[Path]:
    """Return the manifests of what is finished."""
    return sorted((folder / "runs").glob("*/*/manifest.json"))


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="stages that are made at once")
    parser.add_argument("--folder", type=Path, help="an empty folder to keep; without it a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(swept(folder, jobs=arguments.jobs)))


if __name__ == "__main__":
    main()
