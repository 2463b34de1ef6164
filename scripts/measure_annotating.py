"""What masks of the images that `wsss debug` names are worth, beside masks of as many images at random.

    .venv/bin/python scripts/measure_annotating.py my_photos --masks masks --out annotating
    .venv/bin/python scripts/measure_annotating.py my_photos --masks masks --out annotating until=null

Takes a folder with images/, labels.csv and true masks, or any other data set with overrides for it. A run without masks
is debugged; copies of the masks of the images that it names become `masks.annotated` of a second run, and those of
random images of the same split of further ones. With experiment=folder_quick only the masks are scored; until=null goes
on to the network, which learns from them, and to its score on val. Overrides at the end go to all runs.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

WSSS: Final = Path(sys.executable).parent / "wsss"
ALONE: Final = "none"
CHOSEN: Final = "chosen"
SCORED: Final = {"make_masks": "train", "predict_alone": "val", "predict_masks": "val"}
"""Stages, and the split on which they are scored."""


def main() -> None:
    """Run, choose, annotate, run again; runs of an earlier call are kept."""
    options, overrides = parsed()
    out = options.out
    common = [
        *(f"dataset.root={options.photos.resolve()}", f"dataset.masks={options.masks}", f"store={out / 'store'}"),
        *(f"random_seed={options.random_seed}", *overrides),
    ]
    first = run(out / "runs" / ALONE, common)
    table = out / "debug" / "annotate_images.csv"
    if not table.is_file():
        asked = ("--what", "annotate", "--count", options.count, "--out", table.parent, "--side", options.side)
        wsss("debug", first, *asked)
    rows = read(table)
    ranked = sorted((row for row in rows if row["choice"]), key=lambda row: int(row["choice"]))
    images = {CHOSEN: [row["image"] for row in ranked]} | at_random(
        sorted(row["image"] for row in rows), count=len(ranked), draws=options.draws
    )
    outlines = {row["image"]: int(row["objects"] or 0) for row in rows}
    runs = {ALONE: first}
    for name, own in images.items():
        folder = out / "annotated" / name
        copy_masks(own, masks=options.photos / options.masks, to=folder)
        runs[name] = run(out / "runs" / name, [*common, f"masks.annotated={folder.resolve()}"])
    print_scores(runs, outlines={name: sum(outlines[each] for each in own) for name, own in images.items()})


def at_random(images: Sequence[str], *, count: int, draws: int) -> dict[str, list[str]]:
    """Draw as many images, without those of one draw being left out of the next."""
    return {
        f"random_{draw}": np.random.default_rng(draw).choice(images, size=count, replace=False).tolist()
        for draw in range(draws)
    }


def copy_masks(images: Iterable[str], *, masks: Path, to: Path) -> None:
    """Copy the true masks of images: what somebody would have drawn."""
    for image in images:
        target = to / f"{image}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(masks / f"{image}.png", target)


def run(out: Path, overrides: Sequence[str]) -> Path:
    """Make a run that is not there."""
    if not (out / "report.html").is_file():
        wsss("run", "experiment=folder_quick", f"out={out}", *overrides)
    return out


def print_scores(runs: Mapping[str, Path], *, outlines: Mapping[str, int]) -> None:
    """Print a line a run: mIoU in per cent, and about how many outlines its masks take."""
    for name, folder in runs.items():
        scores: dict[str, Any] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
        known = [
            f"{stage} on {split} {100 * scores[stage][split]['miou']:.1f}"
            for stage, split in SCORED.items()
            if split in scores.get(stage, {})
        ]
        words = f", outlines {outlines[name]}" if name in outlines else ""
        print(f"{name}: {', '.join(known)}{words}")


def read(table: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wsss(*words: object) -> None:
    """Call the command; ends with its exit code where it fails."""
    print("+ wsss", *words, flush=True)
    done = subprocess.run([WSSS, *map(str, words)], check=False)  # noqa: S603 - our own command
    if done.returncode:
        sys.exit(done.returncode)


def parsed() -> tuple[argparse.Namespace, list[str]]:
    """Read the command line, and the overrides at its end."""
    parser = argparse.ArgumentParser(prog="measure_annotating", description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="a folder with images/, labels.csv and masks")
    parser.add_argument("--masks", required=True, help="the folder of true masks, below photos")
    parser.add_argument("--out", type=Path, required=True, help="where all lies that is made; another call goes on")
    parser.add_argument("--count", type=int, default=20, help="images to annotate (default: 20)")
    parser.add_argument("--draws", type=int, default=3, help="random choices beside it (default: 3)")
    parser.add_argument("--side", type=int, default=320, help="pixels at which images are debugged (default: 320)")
    parser.add_argument("--random-seed", type=int, default=0, help="of the trainings (default: 0)")
    options, overrides = parser.parse_known_args()
    if not (options.photos / options.masks).is_dir():
        sys.exit(f"{options.photos / options.masks} is not a folder: name that of the true masks by --masks")
    return options, overrides


if __name__ == "__main__":
    main()
