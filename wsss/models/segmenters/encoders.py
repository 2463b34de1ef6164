"""Encoders of segmentation networks, timm's (`tu-...`) and smp's own: names, normalisation, a classifier's weights."""

from difflib import get_close_matches
from typing import Final

from torch import nn

from wsss import models
from wsss.errors import ModelError
from wsss.models.cuts.families import check_name, name_of, nearest
from wsss.models.gap import GAPClassifier
from wsss.models.normalisation import Normalisation, colour
from wsss.models.weights.initial import DOWNLOADED, Weights, check_downloadable, download, fitting, normalisation_of

TIMM: Final = "tu-"
"""What smp puts before the name of a timm network."""
WITHOUT_CLASSIFIER: Final = (
    "encoder_weights 'classifier': there is no classifier with a backbone here; "
    "choose `imagenet`, `packaged`, a path or `none`"
)


def check_encoder(name: str, *, pretrained: bool) -> None:
    """Refuse with a `ModelError` an encoder unknown to smp and, if `pretrained`, one that has no ImageNet weights."""
    own = name.removeprefix(TIMM)
    if name.startswith(TIMM):
        check_name(own)
        if pretrained:
            check_downloadable(own)
        return
    if name not in models.segmenters.architectures.ENCODERS:
        near = get_close_matches(name, list(models.segmenters.architectures.ENCODERS), n=5)
        raise ModelError(
            f"encoder: smp has no {name!r}, write `{TIMM}` before the name of a timm network; {nearest(near)}"
        )
    if pretrained and DOWNLOADED not in models.segmenters.architectures.ENCODERS[name]["pretrained_settings"]:
        raise ModelError(f"weights 'imagenet': smp has none of {name}; choose another encoder, a path or `none`")


def encoder_normalisation(name: str, *, weights: str) -> Normalisation:
    """Return how pixels must be normalised for an encoder with such weights.

    For `imagenet` weights of an encoder of smp's own, smp downloads the small file that says it.
    """
    if weights != DOWNLOADED or name.startswith(TIMM):
        return normalisation_of(weights, backbone=name.removeprefix(TIMM))
    with download(name, wanted=True):
        said = models.segmenters.architectures.preprocessing(name)
    return Normalisation(mean=colour(said["mean"]), std=colour(said["std"]))


def classifier_weights(own: Weights, classifier: nn.Module | None, *, origin: str) -> Weights:
    """Return a trained classifier's backbone as an encoder's weights; raises `ModelError` where it does not fit."""
    if not isinstance(classifier, GAPClassifier):
        raise ModelError(WITHOUT_CLASSIFIER)
    if len({*classifier.strides.values()}) == 1:
        raise ModelError(
            f"{origin}: the classifier's backbone has maps of one resolution only, and an encoder needs several; "
            "choose `imagenet`, `packaged`, a path or `none`"
        )
    backbone = classifier.backbone
    remedy = f"the encoder that fits is {TIMM}{name_of(backbone)}"
    return fitting(own, backbone.state_dict(), origin=origin, remedy=remedy)
