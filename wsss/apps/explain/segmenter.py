"""The segmentation network of a finished run as what is explained, in place of its classifier."""

from pathlib import Path

from torch import nn

from wsss.apps.explain.explainer import SIDE, Explainer, check_side
from wsss.apps.explain.subject import Segmented
from wsss.apps.model.source import opened
from wsss.engine.stage import Device, Runtime
from wsss.models.targets.pixels import PixelProbability, Pixels
from wsss.models.targets.segmenter_blocks import cut_segmenter
from wsss.run.record import RunRecord


def explainer_of_segmenter(
    run: str | Path | RunRecord,
    *,
    pixels: Pixels,
    store: str | Path | None = None,
    device: Device = "auto",
    side: int = SIDE,
) -> Explainer:
    """Load the segmentation network of a finished run, to be asked about pixels; it is asked at one scale.

    Raises what `Explainer.of` raises, and `ModelError` for a network from none of whose layers maps can be read.
    """
    check_side(side)
    place = Runtime(device=device).torch_device()
    with opened(run, store=store) as source:
        parts = source.predicting()
        predictor = parts.stage.predictor(parts.job, place)
    network = predictor.network
    assert isinstance(network, nn.Module)
    return Explainer(
        classes=parts.classes,
        fingerprint=parts.job.artifact.fingerprint,
        classifier=PixelProbability(network, {}),
        networks=(cut_segmenter(network),),
        normalisation=predictor.normalisation,
        device=place,
        side=side,
        white=parts.white,
        subjects=Segmented(network=network, chosen=pixels),
    )
