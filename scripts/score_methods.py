"""Score every CAM method's maps on a few images of a finished run, at the best threshold over true masks (an oracle).

    .venv/bin/python scripts/score_methods.py outputs/voc12_mini/1                        50 images, every method
    .venv/bin/python scripts/score_methods.py outputs/voc12_mini/1 cam gradcam --images 300
    .venv/bin/python scripts/score_methods.py outputs/voc12_mini/1 scorecam --scale 0.5   slow ones on smaller images

Images are evenly spaced over those of the run's training split that have a label and a true mask. Every method of
conf/cam answers at one scale without mirror image, with the options of its file; those that take less time than ten
forward passes also at the run's own scales, as a run shows them. Prints a row of a Markdown table as each is done.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch
from measures import spread

from wsss.apps.explain.methods import cam_method, cam_methods
from wsss.cams import CAMMethod
from wsss.data.index import Index, Record
from wsss.engine.batch import Batch
from wsss.engine.malloc import keep_freed_memory
from wsss.errors import ModelError
from wsss.labels import label_count
from wsss.metrics.curve import ThresholdCurve
from wsss.models.base import Network
from wsss.protocols import CutClassifier
from wsss.run.record import read_record
from wsss.stages.extract_cams import ExtractCams, as_cut
from wsss.types import Images, RawMaps, ScoreMaps, Targets
from wsss.views import MultiScaleFlip, Views

CHEAP: Final = 10.0
"""Below how many forward passes a method is also asked at the run's own scales."""


@dataclass(frozen=True, kw_only=True)
class OneForward(CAMMethod):
    """The least that a method can take, on any network: one forward pass; its maps say nothing."""

    def __call__(self, model: CutClassifier, images: Images, targets: Targets) -> RawMaps:
        """See `CAMMethod`."""
        with torch.no_grad():
            return model.until(self.block, images).maps[targets.image, 0]


def main() -> None:
    """Print a row a method."""
    options = parsed()
    keep_freed_memory()  # as a run does: without it, Score-CAM takes 1.6 times as long
    record = read_record(options.run)
    stage, job = record.stage("extract_cams", ExtractCams), record.job("extract_cams")
    device = torch.device(options.device)
    asked = Asked(stage=stage, network=stage.network(job, device), index=job.index(), device=device)
    records = spread(asked.index, split=stage.splits[0], count=options.images)
    one = MultiScaleFlip(scales=(options.scale,), flip=False)
    bare = forward_seconds(asked, records, scale=options.scale)
    print(f"| `cam=` | one scale ({options.scale:g}) | threshold | at the run's scales | threshold | forward passes |")
    print("|---|---|---|---|---|---|")
    for name in options.methods:
        method = cam_method(cam_methods()[name])
        try:
            method.check(as_cut(asked.network.module))
        except ModelError as error:
            print(f"| `{name}` | {error} |||||", flush=True)
            continue
        begin = time.perf_counter()
        first = score(asked.by(method, one), records)
        passes = (time.perf_counter() - begin) / bare
        many = score(asked.by(method, stage.views), records) if passes < CHEAP else " | "
        print(f"| `{name}` | {first} | {many} | {passes:.1f} |", flush=True)


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    names = list(cam_methods())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="the folder of a finished run, such as outputs/voc12_mini/1")
    parser.add_argument("methods", nargs="*", default=names, help=f"of {', '.join(names)}; all by default")
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A stage with its network, asked for maps of single images."""

    stage: ExtractCams
    network: Network
    index: Index
    device: torch.device

    def by(self, method: CAMMethod, views: Views) -> "Asked":
        """Return the same with another method and other views."""
        return replace(self, stage=replace(self.stage, cam=method, views=views))

    def maps(self, records: list[Record]) -> Iterator[ScoreMaps]:
        """Yield every image's maps."""
        for record in records:
            batch = Batch(records=(record,), images=(self.index.pixels(record),))
            yield from self.stage.maps(self.network, batch, device=self.device)


def forward_seconds(asked: Asked, records: list[Record], *, scale: float) -> float:
    """Return what all images take with maps that cost next to nothing beside their one forward pass."""
    plain = asked.by(OneForward(), MultiScaleFlip(scales=(scale,), flip=False))
    for _ in plain.maps(records[:3]):  # warm up
        pass
    begin = time.perf_counter()
    for _ in plain.maps(records):
        pass
    return time.perf_counter() - begin


def score(asked: Asked, records: list[Record]) -> str:
    """Return the best mIoU over all thresholds, in per cent, and the threshold."""
    curve = ThresholdCurve(labels=label_count(asked.index.classes))
    for record, maps in zip(records, asked.maps(records), strict=True):
        truth = asked.index.truth(record)
        assert truth is not None
        full = maps.full()
        strongest, position = full.scores.max(dim=0)
        curve.add(truth, strongest=full.labels[position].numpy(), score=strongest.numpy())
    best = curve.best()
    return f"{100 * curve.scores()[best].miou:.1f} | {curve.thresholds[best]:.2f}"


if __name__ == "__main__":
    main()
