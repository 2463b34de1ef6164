"""Compare ways to choose the background threshold without masks: how much mIoU does each lose against the oracle?

python scripts/compare_thresholds.py runs [more stores] [--images 300] [--slow 40]

Every finished artifact of raw maps in the stores whose data set has masks is one table. Ways: what `refine=auto` does,
its three kinds of evidence alone and in pairs, and a mixture of Gaussians. With `--slow N`, on the first N images, also
a dense CRF that should change little, what the classifier says of foreground and background, and maps of two scales
that should agree. `threshold_ways.py` beside this file has them all.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from threshold_ways import Chosen, Seen, by_answer, by_crf, by_mixture, by_scales, by_separation

from wsss.config.build import build
from wsss.data.index import Index
from wsss.engine.stage import Job, read_index
from wsss.labels import label_count
from wsss.metrics.curve import ThresholdCurve
from wsss.models.gap import with_backbone
from wsss.stages.extract_cams import ExtractCams
from wsss.stages.train_classifier import TrainClassifier
from wsss.store.jobs import FrozenJob, read_job_of
from wsss.store.kinds import RAW_MAPS
from wsss.store.networks import load
from wsss.store.store import Artifact, Store

SCALES: Final = (0.5, 1.0)
"""Whose maps should agree."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished artifact, with the frozen config of its stage and what that read."""

    store: Store
    artifact: Artifact

    @property
    def frozen(self) -> FrozenJob:
        """What `stage.yaml` holds."""
        return read_job_of(self.artifact)

    @property
    def job(self) -> Job:
        """The stage's inputs, by role."""
        inputs = {role: self.store.artifact(*where) for role, where in self.frozen.inputs.items()}
        return Job(artifact=self.artifact, inputs=inputs)

    def index(self) -> Index:
        """The data set."""
        return read_index(self.job.inputs["index"])

    def classifier(self) -> "Made":
        """The training of the classifier that the maps are of, before anything else was trained on."""
        if self.artifact.stage == "train_classifier":
            return self
        inputs = self.job.inputs
        return Made(store=self.store, artifact=inputs.get("classifier") or inputs["maps"]).classifier()

    @property
    def title(self) -> str:
        """The words for it."""
        config = self.frozen.config
        parts = [config[part]["_target_"].rpartition(".")[2] for part in ("cam",) if config.get(part)]
        backbone = self.classifier().frozen.config["classifier"]["backbone"]
        return " ".join([self.store.root.name, self.artifact.stage, self.artifact.fingerprint, *parts, backbone])


def seen(made: Made, index: Index, *, count: int) -> list[Seen]:
    """Return the first images that have a label, maps and a true mask."""
    records = index.split(made.frozen.config["splits"][0])[:count]
    maps = RAW_MAPS.items(made.artifact, index)
    return [
        Seen(
            record=record,
            image=index.pixels(record),
            maps=maps.read(record),
        )
        for record in records
        if record.classes and record.mask is not None
    ]


def curve(every: Sequence[Seen], index: Index) -> tuple[list[float], np.ndarray]:
    """Return thresholds and the mIoU, in per cent, of each: the only place that reads a mask."""
    counted = ThresholdCurve(labels=label_count(index.classes))
    for each in every:
        full = each.maps.full()
        score, position = full.scores.max(dim=0)
        truth = index.truth(each.record)
        assert truth is not None
        counted.add(truth, strongest=full.labels[position].numpy(), score=score.numpy())
    return list(counted.thresholds), 100 * np.array([scores.miou for scores in counted.scores()])


def slow_ways(every: Sequence[Seen], made: Made) -> Iterator[Chosen]:
    """Yield what the slow ways choose."""
    yield by_crf(every)
    trained = made.classifier()
    stage = build(trained.frozen.config, TrainClassifier, key="train_classifier")
    network = load(trained.artifact)
    yield by_answer(
        every,
        network=with_backbone(network.module),
        normalise=network.normalisation,
        long_side=stage.fit.validation.size,
    )
    if made.artifact.stage != "combine_maps":  # which has no view of its own
        extraction = build(made.frozen.config, ExtractCams, key=made.artifact.stage)
        asked = extraction.network(made.job, torch.device("cpu"))
        yield by_scales(every, stage=extraction, network=asked, scales=SCALES)


def finished_maps(store: Store) -> Iterator[Made]:
    """Yield every finished artifact of raw maps."""
    for artifact in store.artifacts():
        if artifact.state() == "cached" and artifact.kind == RAW_MAPS.name:
            yield Made(store=store, artifact=artifact)


def main() -> None:
    """Print one table for every artifact."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stores", type=Path, nargs="+")
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--slow", type=int, default=0, metavar="N", help="images for the slow ways; 0: leave them out")
    options = parser.parse_args()
    for made in (made for store in options.stores for made in finished_maps(Store.at(store))):
        index = made.index()
        every = seen(made, index, count=options.images)
        if every:
            print(f"{made.title}, {len(every)} images")
            compare(every, made, index=index, slow=options.slow)


def compare(every: Sequence[Seen], made: Made, *, index: Index, slow: int) -> None:
    """Print a line for the oracle and for every way, as soon as it has chosen."""
    thresholds, miou = curve(every, index)
    best = int(np.nanargmax(miou))
    print(f"  {'oracle':<28}{thresholds[best]:>6.2f}{miou[best]:>8.1f}")

    def show(chosen: Chosen) -> None:
        for name, threshold in chosen.items():
            value = float(np.interp(threshold, thresholds, miou))
            print(f"  {name:<28}{threshold:>6.2f}{value:>8.1f}{value - miou[best]:>+7.1f}", flush=True)

    show(by_separation(every))
    show(by_mixture(every))
    if slow:
        for chosen in slow_ways(every[:slow], made):
            show(chosen)


if __name__ == "__main__":
    main()
