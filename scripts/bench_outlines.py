"""Measure the memory of outlines in COCO's layout, or of an index: a file is made, and read in a process of its own.

python scripts/bench_outlines.py [--images 12000]
python scripts/bench_outlines.py --index --images 122218

Seven objects an image, each with an outline of 70 numbers; or a record an image with two classes, a drawn mask in a
pack, a digest and 0 to 4 boxes. Prints MiB beyond imports: once the file is read, and at most.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from wsss.boxes.box import Box
from wsss.data.index import Index, Record, TrueBox
from wsss.data.layouts.coco_file import read_coco
from wsss.size import Size

OBJECTS: Final = 7
NUMBERS: Final = 70
SIDE: Final = 640
CLASSES: Final = 80
BOXES: Final = 2


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


def write_index(path: Path, *, images: int) -> None:
    """Write the index of images that there are not, with masks in packs of a thousand."""
    records = [
        Record(
            id=f"train2014/{i:012d}",
            image=f"train2014/COCO_train2014_{i:012d}.jpg",
            mask=f"masks_{i // 1000:08}.zip/train2014/{i:012d}.png",
            size=Size(height=480 - i % 7, width=SIDE),
            classes=tuple(sorted({i % CLASSES, i * 7 % CLASSES})),
            boxes=tuple(
                TrueBox(cls=i % CLASSES, box=Box(left=k + 0.25, top=k + 0.5, right=k + i % 97 + 2.0, bottom=k + 99.5))
                for k in range(i % (2 * BOXES + 1))
            ),
            mask_span=(i * 1000, 999),
            digest=hashlib.sha256(str(i).encode()).hexdigest(),
        )
        for i in range(images)
    ]
    splits = {"train": [record.id for record in records]}
    made = Index.of(records, classes=[f"class {c}" for c in range(CLASSES)], splits=splits, root=path.parent)
    path.write_text(made.to_json(), encoding="utf-8")


def read(path: Path, *, is_index: bool) -> tuple[object, int]:
    """Return what a file holds, and the number of its images."""
    if is_index:
        found = Index.from_json(path.read_bytes(), root=path.parent)
        return found, len(found.records)
    content = read_coco(path)
    return content, len(content.images)


def memory(name: str) -> int:
    """Return a figure of this process in KiB, as Linux names it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Make the file, and read it in another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--index", action="store_true", help="measure an index in place of outlines")
    parser.add_argument("--read", type=Path, help="a file to read in this process")
    options = parser.parse_args()
    if options.read is None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "made.json"
            (write_index if options.index else draw)(path, images=options.images)
            words = ["--read", str(path), *(["--index"] if options.index else [])]
            subprocess.run([sys.executable, __file__, *words], check=True)  # noqa: S603 - itself
        return
    before = memory("VmRSS")
    kept, images = read(options.read, is_index=options.index)
    now, most = memory("VmRSS"), memory("VmHWM")
    print(f"{images} images: {(now - before) / 1024:.0f} MiB once read, {(most - before) / 1024:.0f} at most")
    del kept


if __name__ == "__main__":
    main()
