"""Peak memory of the processes of a run on drawn images in COCO's layout: 80 classes, overlaps and crowds.

python scripts/bench_coco.py --images 5000 --folder coco_drawn [overrides of the run]
python scripts/bench_coco.py --images 122218 --stub --folder coco_stub

`coco14_recam` from index to scores: all images go through the maps, the CRFs, the walk, the masks and the scores;
trainings have few steps, since a step's memory does not depend on their number. With `--stub` there are no networks:
images of 32 x 32 pixels without boxes go from the index through maps that nothing is computed for, a background, masks
and scores, in packs of a thousand. A process is looked at ten times a second; memory is resident, so that pages which
processes share count in each.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from wsss.size import Size

CATEGORIES: Final = tuple(i for i in range(1, 91) if i not in (12, 26, 29, 30, 45, 66, 68, 69, 71, 83))
"""COCO's 80 ids."""
SIZE: Final = Size(height=48, width=64)
STUB_SIZE: Final = Size(height=32, width=32)
TRAINED: Final = 0.67
"""Share of the images that are learnt from, as in COCO 2014."""
STEPS: Final = 20
EVERY: Final = 0.1
"""Seconds between two looks."""
MIB: Final = 1024
RECIPE: Final = (
    *("experiment=coco14_recam", "classifier.weights=none", "segmenter.encoder_weights=none", "runtime.device=cpu"),
    *("limits.side=64", "views.scales=[1.0]", "views.flip=false", "predict.views.scales=[1.0]"),
    *(f"fit.{name}.steps={STEPS}" for name in ("classifier", "recam", "affinity", "segmenter")),
    *(f"fit.{name}.batch_size=4" for name in ("classifier", "recam", "affinity", "segmenter")),
    "fit.segmenter.accumulate=1",
)
BOTH: Final = "[train,val]"
STUB: Final = (
    *("dataset=coco", "refine=background", "until=make_masks", "runtime.device=cpu", "runtime.pack=1000"),
    *("pipeline.train_classifier=null", "~pipeline.extract_cams.reads.classifier"),
    *(f"~pipeline.extract_cams.{name}" for name in ("cam", "views", "batch_size", "precision")),
    "pipeline.extract_cams._target_=stub_stages.StubMaps",
    *(f"pipeline.{stage}.splits={BOTH}" for stage in ("extract_cams", "refine_cams", "make_masks")),
)
"""The stub is a stage's class in the folder of this script."""


def draw(root: Path, *, images: int, size: Size, boxes: bool = True) -> Path:
    """Draw a data set: one to three objects an image, now and then a crowd, and one image in fifty without any."""
    train = round(images * TRAINED)
    for split, first, count in (("train2014", 1, train), ("val2014", 500_000, images - train)):
        (root / split).mkdir(parents=True)
        (root / "annotations").mkdir(exist_ok=True)
        listed: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for number in range(first, first + count):
            name = f"COCO_{split}_{number:012d}.jpg"
            listed.append({"id": number, "file_name": name, "width": size.width, "height": size.height})
            own = list(_objects(np.random.default_rng(number), number, size))
            _picture(number, own, size).save(root / split / name, quality=80)
            for each in own:
                told = {key: value for key, value in each.items() if boxes or key != "bbox"}
                annotations.append(told | {"id": len(annotations) + 1, "image_id": number})
        names = [{"id": category, "name": f"thing {category}"} for category in CATEGORIES]
        content = {"images": listed, "annotations": annotations, "categories": names}
        path = root / "annotations" / f"instances_{split}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
    return root


def _objects(rng: np.random.Generator, number: int, size: Size) -> Iterator[dict[str, Any]]:
    for place in range(0 if number % 50 == 0 else int(rng.integers(1, 4))):
        left, top = int(rng.integers(0, size.width - 24)), int(rng.integers(0, size.height - 20))
        right, bottom = left + int(rng.integers(12, 24)), top + int(rng.integers(10, 20))
        crowd = place == 2
        outline: Any = [[left, top, right, top, right, bottom, left, bottom]]
        yield {
            "category_id": CATEGORIES[(number if place == 0 else int(rng.integers(80))) % len(CATEGORIES)],
            "iscrowd": int(crowd),
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "segmentation": _runs(left, top, right, bottom, size) if crowd else outline,
        }


def _runs(left: int, top: int, right: int, bottom: int, size: Size) -> dict[str, Any]:
    """Return a rectangle as COCO's runs along columns."""
    counts = [left * size.height + top]
    for _ in range(left, right):
        counts += [bottom - top, size.height - (bottom - top)]
    counts[-1] = size.width * size.height - sum(counts[:-1])
    return {"size": list(size.over(1)), "counts": counts}


def _picture(number: int, objects: list[dict[str, Any]], size: Size) -> Image.Image:
    rng = np.random.default_rng(number)
    image = Image.fromarray(rng.integers(90, 130, (*size.over(1), 3), dtype=np.uint8))
    pen = ImageDraw.Draw(image)
    for each in objects:
        left, top, width, height = each["bbox"]
        hue = CATEGORIES.index(each["category_id"]) * 3
        pen.rectangle((left, top, left + width - 1, top + height - 1), fill=(hue, 240 - hue, 40 + hue * 5 % 200))
    return image


def family(root: int) -> set[int]:
    """Return a process and all that come of it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (status := _status(int(folder.name))):
            parents.setdefault(status["PPid"], []).append(int(folder.name))
    found, left = set(), [root]
    while left:
        found.add(own := left.pop())
        left += parents.get(own, [])
    return found


def _status(process: int) -> dict[str, int]:
    """Return the numbers of a process's status; memory is in KiB."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:  # it has ended
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name: int(value.split()[0]) for name, value in pairs if name in ("PPid", "VmRSS", "VmHWM")}


class Watch(threading.Thread):
    """Looks at the memory of a process and its children, and at which stage was begun last."""

    def __init__(self, process: int, store: Path) -> None:
        super().__init__(daemon=True)
        self.process, self.store = process, store
        self.ended = threading.Event()
        self.largest = 0
        """KiB of the largest process at any time, as the kernel keeps it."""
        self.stages: dict[str, tuple[int, int, int]] = {}
        """KiB of the largest process and of all together, and most processes, by stage."""

    def run(self) -> None:
        """Look until the run has ended."""
        while not self.ended.wait(EVERY):
            found = [status for process in family(self.process) if "VmRSS" in (status := _status(process))]
            sizes = [status["VmRSS"] for status in found]
            self.largest = max([self.largest, *(status["VmHWM"] for status in found)])
            if not sizes or (stage := self._stage()) is None:
                continue
            now = (max(sizes), sum(sizes), len(sizes))
            before = self.stages.get(stage, (0, 0, 0))
            self.stages[stage] = tuple(map(max, before, now))  # type: ignore[assignment]

    def _stage(self) -> str | None:
        made = [(folder.stat().st_mtime, folder.name) for folder in self.store.glob("[!.]*") if folder.is_dir()]
        return max(made)[1] if made else None


def main() -> None:
    """Draw, run, and print the memory and the files of every stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--folder", type=Path, required=True, help="a new folder for images, store and run")
    parser.add_argument("--stub", action="store_true", help="without networks")
    options, overrides = parser.parse_known_args()
    root, store = options.folder / "data", options.folder / "store"
    draw(root, images=options.images, size=STUB_SIZE if options.stub else SIZE, boxes=not options.stub)
    where = (f"dataset.root={root}", f"store={store}", f"out={options.folder / 'out'}")
    words = [sys.executable, "-m", "wsss", "run", *(STUB if options.stub else RECIPE), *where, *overrides]
    run = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})  # noqa: S603 - itself
    watch = Watch(run.pid, store)
    watch.start()
    code = run.wait()
    watch.ended.set()
    watch.join()
    print(f"{'stage':<20}{'largest':>9}{'all':>9}{'processes':>11}{'files':>9}   (MiB, {options.images} images)")
    for stage, (largest, together, processes) in watch.stages.items():
        files = sum(path.is_file() for path in (store / stage).rglob("*"))
        print(f"{stage:<20}{largest / MIB:>9.0f}{together / MIB:>9.0f}{processes:>11}{files:>9}")
    print(f"largest of all, as the kernel counts: {watch.largest / MIB:.0f} MiB")
    sys.exit(code)


if __name__ == "__main__":
    main()
