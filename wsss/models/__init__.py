"""Networks: classifiers that can be cut between any two blocks, and segmentation networks for images of any size."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from wsss.models.classifier import ClassifierOptions, GAPClassifier, freeze_batch_norm
    from wsss.models.grids import ChannelsFirst, ChannelsLast, Tokens
    from wsss.models.hooked import Hooked
    from wsss.models.normalisation import Normalisation
    from wsss.models.scored import Scored, logit, region, similarity
    from wsss.models.segmenter import SegmentationNetwork, SegmenterOptions

__all__ = [
    "ChannelsFirst",
    "ChannelsLast",
    "ClassifierOptions",
    "GAPClassifier",
    "Hooked",
    "Normalisation",
    "Scored",
    "SegmentationNetwork",
    "SegmenterOptions",
    "Tokens",
    "freeze_batch_norm",
    "logit",
    "region",
    "similarity",
]

_HOMES: Final = {
    "ChannelsFirst": "grids",
    "ChannelsLast": "grids",
    "Hooked": "hooked",
    "Scored": "scored",
    "Tokens": "grids",
    "logit": "scored",
    "region": "scored",
    "similarity": "scored",
    "ClassifierOptions": "classifier",
    "GAPClassifier": "classifier",
    "freeze_batch_norm": "classifier",
    "Normalisation": "normalisation",
    "SegmentationNetwork": "segmenter",
    "SegmenterOptions": "segmenter",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: timm and smp take seconds, which data loading need not wait for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
