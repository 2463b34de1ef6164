"""How long commands take before they work: medians over some runs, in seconds of the wall clock and of the processor.

scripts/bench_startup.py [--runs 5] [--first overrides of a run, by default experiment=toy debug=fast]

The run is made once in a temporary store, which takes a minute, and then planned and run again, all of it cached.
Bytecode is written, as in daily use; meant for a machine that does nothing else.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from wsss.__main__ import COMMANDS


class Took(NamedTuple):
    """Seconds of one command."""

    wall: float
    processor: float


def timed(*arguments: str) -> Took:
    """Run a command to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    command = [sys.executable, "-m", "wsss", *arguments]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own command
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def report(title: str, *arguments: str, runs: int) -> None:
    """Print the medians of a command, which is called once more before, for its bytecode."""
    timed(*arguments)
    times = [timed(*arguments) for _ in range(runs)]
    wall, processor = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{title:28}{wall:8.2f} s{processor:8.2f} s of processor")


def main() -> None:
    """Measure every command's help, a plan of nothing and of everything cached, and a cached run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--first", nargs="+", default=["experiment=toy", "debug=fast"], metavar="override")
    options = parser.parse_args()
    print(f"medians of {options.runs} runs, {len(os.sched_getaffinity(0))} cores")
    report("--help", "--help", runs=options.runs)
    for name in COMMANDS:
        report(f"{name} --help", name, "--help", runs=options.runs)
    with tempfile.TemporaryDirectory() as folder:
        run = ["run", *options.first, f"out='{folder}/out'"]
        report("run, a plan", *run, f"store='{folder}/empty'", "plan=true", runs=options.runs)
        made = [*run, f"store='{folder}/store'"]
        timed(*made)
        report("run, a plan, all cached", *made, "plan=true", runs=options.runs)
        report("run, all cached", *made, runs=options.runs)


if __name__ == "__main__":
    main()
