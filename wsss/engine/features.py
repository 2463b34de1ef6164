"""Features of images: what the encoder of a trained segmentation network makes of them, averaged over cells."""

from typing import Final

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from wsss.data.index import Record
from wsss.engine.asking import asking
from wsss.engine.fit import Fit
from wsss.engine.progress import bar
from wsss.engine.stage import Job
from wsss.models.feature_statistics import LEAST, FeatureStatistics, pooled
from wsss.models.normalisation import Normalisation
from wsss.models.segmenters.segmentation import SegmentationNetwork
from wsss.store.feature_statistics import write_statistics
from wsss.training.trainer_options import Precision

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
            image = index.pixels(record)
            rows.append(features_of(network, image, normalisation=normalisation, device=device, precision="32-true"))
            advance(note="features")
    write_statistics(job.artifact, FeatureStatistics.of(np.concatenate(rows)))


def features_of(
    network: SegmentationNetwork,
    image: UInt8[np.ndarray, "h w 3"],
    *,
    normalisation: Normalisation,
    device: torch.device,
    precision: Precision,
) -> Float32[np.ndarray, "1 d"]:
    """Return the means of the encoder's last maps of an image at its own size, on the CPU."""
    with asking(device, precision=precision):
        images = normalisation.of_images([image], device=device)
        return pooled(network.encoder(network.padded(images)))


def chosen(records: tuple[Record, ...], *, random_seed: int) -> list[Record]:
    """Return at most `MOST` of the images, the same for one seed, in their order."""
    draw = np.random.default_rng(random_seed)
    return [records[place] for place in np.sort(draw.permutation(len(records))[:MOST])]
