"""Measure what the encoder of a trained segmentation network makes of the images that it learnt from."""

from typing import Final

import numpy as np

from wsss.data.index import Record
from wsss.engine.asking import asking
from wsss.engine.fit import Fit
from wsss.engine.progress import bar
from wsss.engine.stage import Job
from wsss.models.feature_statistics import LEAST, FeatureStatistics, pooled
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.store.feature_statistics import write_statistics

MOST: Final = 256
"""Images that are looked at, at most."""


def keep_features(stage: Fit, job: Job, network: SegmentationNetwork) -> None:
    """Write the statistics of the features beside the weights; nothing where there are too few images for them."""
    index = job.index()
    records = chosen(index.split(stage.train_split), random_seed=stage.random_seed)
    if len(records) < LEAST:
        return
    device, normalisation = stage.runtime.torch_device(), stage.normalisation(job)
    network = network.to(device).eval()
    rows = []
    with bar(job.artifact.stage, total=len(records), unit="images") as advance:
        for record in records:
            with asking(device, precision="32-true"):
                images = normalisation.of_images([index.pixels(record)], device=device)
                rows.append(pooled(network.encoder(network.padded(images))))
            advance(note="features")
    write_statistics(job.artifact, FeatureStatistics.of(np.concatenate(rows)))


def chosen(records: tuple[Record, ...], *, random_seed: int) -> list[Record]:
    """Return at most `MOST` of the images, the same for one seed, in their order."""
    draw = np.random.default_rng(random_seed)
    return [records[place] for place in np.sort(draw.permutation(len(records))[:MOST])]
