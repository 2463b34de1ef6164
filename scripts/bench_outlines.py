"""Measure the memory of outlines in COCO's layout: a file of annotations is drawn, and read in a process of its own.

python scripts/bench_outlines.py [--images 12000]

Seven objects an image, each with an outline of 70 numbers. Prints MiB beyond imports: once the file is read, and at
most.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from wsss.data.layouts.coco_file import read_coco

OBJECTS: Final = 7
NUMBERS: Final = 70
SIDE: Final = 640


def draw(path: Path, *, images: int) -> None:
    """Write annotations of images that there are not."""
    rng = np.random.default_rng(0)
    annotations = [
        {
            "id": number + 1,
            "image_id": number // OBJECTS + 1,
            "category_id": 1,
            "iscrowd": 0,
            "bbox": [0.0, 0.0, SIDE, SIDE],
            "segmentation": [rng.uniform(0, SIDE, NUMBERS).round(2).tolist()],
        }
        for number in range(images * OBJECTS)
    ]
    listed = [{"id": i, "file_name": f"{i:012d}.jpg", "width": SIDE, "height": SIDE} for i in range(1, images + 1)]
    content = {"images": listed, "annotations": annotations, "categories": [{"id": 1, "name": "thing"}]}
    path.write_text(json.dumps(content), encoding="utf-8")


def memory(name: str) -> int:
    """Return a figure of this process in KiB, as Linux names it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Draw the file, and read it in another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--read", type=Path, help="a file to read in this process")
    options = parser.parse_args()
    if options.read is None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "instances.json"
            draw(path, images=options.images)
            subprocess.run([sys.executable, __file__, "--read", path], check=True)  # noqa: S603 - itself
        return
    before = memory("VmRSS")
    content = read_coco(options.read)
    now, most = memory("VmRSS"), memory("VmHWM")
    print(
        f"{len(content.images)} images: {(now - before) / 1024:.0f} MiB once read, {(most - before) / 1024:.0f} at most"
    )


if __name__ == "__main__":
    main()
