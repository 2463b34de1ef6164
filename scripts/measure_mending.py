"""What mending labels gains: mistakes are planted in a folder's labels, found, mended, and a run is made of each state.

    .venv/bin/python scripts/measure_mending.py my_photos --out mending dataset.masks=masks
    .venv/bin/python scripts/measure_mending.py my_photos --rate 0.2 --looked-at 300 --out mending experiment=folder

Takes a folder with images/ and labels.csv, whose labels count as right. Tags of the training split are planted wrong as
`scripts/bench_tags.py` does; `wsss data audit` judges them; whoever looks at the first suggestions accepts those that
are right by the labels of before, `wsss data fix` writes them, and `wsss compare` shows a run of the labels as planted
beside one of those that were mended and one of those of before. Overrides at the end go to all three runs.
"""

import argparse
import csv
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from bench_tags import plant

SEPARATOR: Final = ";"
TRAIN: Final = "train"
WSSS: Final = Path(sys.executable).parent / "wsss"

Tags = dict[str, set[str]]


def main() -> None:
    """Plant, audit, mend, run, compare; what is there of an earlier call is kept."""
    options, overrides = parsed()
    photos, out = options.photos, options.out
    own = out / "photos"
    if not own.is_dir():
        shutil.copytree(photos, own)
    rows = list(read(photos / "labels.csv"))
    right = {row["image"]: {*filter(None, map(str.strip, row["labels"].split(SEPARATOR)))} for row in rows}
    learnt = [row["image"] for row in rows if row.get("split", TRAIN) == TRAIN]
    planted = {**right, **with_mistakes(right, learnt, rate=options.rate, random_seed=options.random_seed)}
    write(own / "planted.csv", rows, planted)
    layout = [each.split("=", 1) for each in overrides if each.startswith("dataset.")]
    as_options = [word for key, value in layout for word in (f"--{key[8:].replace('_', '-')}", value)]
    wsss("data", "audit", own, "--labels", "planted.csv", "--what", "tags", "--out", out / "audit", *as_options)
    accepted = accept(out / "audit" / "tags.csv", right, looked_at=options.looked_at, out=out / "accepted.csv")
    print(f"planted: {2 * round(options.rate * sum(len(right[each]) for each in learnt))}; {accepted}")
    (own / "mended.csv").unlink(missing_ok=True)
    wsss("data", "fix", own / "planted.csv", "--with", out / "accepted.csv", "--out", own / "mended.csv")
    for labels in ("planted", "mended", "labels"):
        to = out / "runs" / labels
        if not (to / "report.html").exists():
            given = [f"dataset.root={own}", f"dataset.labels={labels}.csv", f"store={out / 'store'}", f"out={to}"]
            wsss("run", "experiment=folder_quick", f"random_seed={options.random_seed}", *given, *overrides)
    wsss("compare", *(out / "runs" / labels for labels in ("planted", "mended", "labels")))


def read(labels: Path) -> Sequence[dict[str, str]]:
    """Return the lines of a CSV."""
    with labels.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(to: Path, rows: Sequence[dict[str, str]], tags: Tags) -> None:
    """Write lines with other labels."""
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "labels": SEPARATOR.join(sorted(tags[row["image"]]))} for row in rows)


def with_mistakes(right: Tags, images: Sequence[str], *, rate: float, random_seed: int) -> Tags:
    """Return the tags of images with as many taken away as false ones added."""
    classes = sorted(set.union(*right.values()))
    flags = np.array([[name in right[image] for name in classes] for image in images])
    planted = plant(flags, rate=rate, random_seed=random_seed).tags
    return {image: {classes[c] for c in np.flatnonzero(row)} for image, row in zip(images, planted, strict=True)}


def accept(table: Path, right: Tags, *, looked_at: int, out: Path) -> str:
    """Accept what is right among the first suggestions, as a person would who sees what the labels of before say."""
    by_id = {str(Path(image).with_suffix("")): own for image, own in right.items()}
    rows = read(table)
    yes = 0
    for row in islice(rows, looked_at):
        there = row["class"] in by_id[row["image"]]
        row["accept"] = "yes" if there == (row["suggestion"] == "add") else "no"
        yes += row["accept"] == "yes"
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return f"looked at: {min(looked_at, len(rows))} of {len(rows)} suggestions; accepted: {yes}"


def wsss(*words: object) -> None:
    """Call the command; ends with its exit code where it fails."""
    print("+ wsss", *words, flush=True)
    done = subprocess.run([WSSS, *map(str, words)], check=False)  # noqa: S603 - our own command
    if done.returncode:
        sys.exit(done.returncode)


def parsed() -> tuple[argparse.Namespace, list[str]]:
    """Read the command line, and the overrides at its end."""
    parser = argparse.ArgumentParser(prog="measure_mending", description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="a folder with images/ and labels.csv")
    parser.add_argument(
        "--out", type=Path, required=True, help="where all lies that is made; another call goes on there"
    )
    parser.add_argument("--rate", type=float, default=0.1, help="share of tags that are planted (default: 0.1)")
    parser.add_argument("--looked-at", type=int, default=200, help="suggestions that somebody looks at (default: 200)")
    parser.add_argument("--random-seed", type=int, default=0)
    options, overrides = parser.parse_known_args()
    if not (options.photos / "labels.csv").is_file():
        sys.exit(f"{options.photos} has no labels.csv: name a folder with images/ and labels.csv")
    return options, overrides


if __name__ == "__main__":
    main()
