"""Networks: classifiers that can be cut between any two blocks, and segmentation networks for images of any size."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsss.models.base import Network, NetworkOptions
    from wsss.models.classifier import ClassifierOptions
    from wsss.models.freezing import freeze_batch_norm
    from wsss.models.gap import GAPClassifier, gap_classifier
    from wsss.models.grids import ChannelsFirst, ChannelsLast, Tokens
    from wsss.models.hooked import Hooked
    from wsss.models.normalisation import Normalisation
    from wsss.models.scored import Scored, logit, region, similarity
    from wsss.models.segmentation import SegmentationNetwork
    from wsss.models.segmenter import SegmenterOptions

__all__ = [
    "ChannelsFirst",
    "ChannelsLast",
    "ClassifierOptions",
    "GAPClassifier",
    "Hooked",
    "Network",
    "NetworkOptions",
    "Normalisation",
    "Scored",
    "SegmentationNetwork",
    "SegmenterOptions",
    "Tokens",
    "freeze_batch_norm",
    "gap_classifier",
    "logit",
    "region",
    "similarity",
]

_HOMES: Final = {
    "ChannelsFirst": "grids",
    "ChannelsLast": "grids",
    "ClassifierOptions": "classifier",
    "GAPClassifier": "gap",
    "Hooked": "hooked",
    "Network": "base",
    "NetworkOptions": "base",
    "Normalisation": "normalisation",
    "Scored": "scored",
    "SegmentationNetwork": "segmentation",
    "SegmenterOptions": "segmenter",
    "Tokens": "grids",
    "freeze_batch_norm": "freezing",
    "gap_classifier": "gap",
    "logit": "scored",
    "region": "scored",
    "similarity": "scored",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: timm and smp take seconds, which data loading need not wait for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
