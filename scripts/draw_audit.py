"""Draw the picture of the docs' page on audits: suspicious tags of drawn scenes in which twelve were changed.

scripts/draw_audit.py data/audit.png
"""

import csv
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from wsss.apps.audit import audit
from wsss.apps.audit.pictures import suspect_sheet
from wsss.config.build import TARGET
from wsss.data.layouts.toy import Toy
from wsss.draw.sheet import sheet_picture

IMAGES, CHANGED, SHOWN = 300, 6, 3


def write_labels(folder: Path) -> None:
    """Draw scenes into a folder, and write their labels with as many tags taken away as false ones added."""
    listing = Toy(train=IMAGES, val=1).listing(folder)
    tags = {entry.image.removeprefix("images/"): set(entry.names) for entry in listing.entries}
    draw = np.random.default_rng(0)
    some = [image for image in sorted(tags) if 0 < len(tags[image]) < len(listing.classes)]
    chosen = [some[place] for place in draw.permutation(len(some))[: 2 * CHANGED]]
    for number, image in enumerate(chosen):
        if number < CHANGED:
            tags[image].discard(min(tags[image]))
        else:
            tags[image].add(min(set(listing.classes) - tags[image]))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "labels"])
        writer.writerows([image, ";".join(sorted(names))] for image, names in tags.items())


def main(target: str) -> None:
    """Draw the three most suspicious tags of each kind."""
    with TemporaryDirectory() as folder:
        write_labels(Path(folder))
        dataset = {TARGET: "wsss.data.layouts.folder.Folder", "root": folder, "masks": None}
        network = {TARGET: "wsss.models.classifier.ClassifierOptions", "output_stride": 32}
        audited = audit(dataset, network, store=Path(folder, "store"))
        suspects = [each for each in audited.tags.suspects if each.rank <= SHOWN]
        sheet_picture(suspect_sheet(audited, suspects, title="suspicious tags")).save(target, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
