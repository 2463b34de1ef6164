"""CLIP with a bank of words as what is explained, in place of a run's classifier."""

from dataclasses import replace
from pathlib import Path

from wsss.apps.explain.explainer import SIDE, Explainer, check_side
from wsss.apps.explain.pretrained import state_digest
from wsss.apps.explain.subject import TOP, ranked_words
from wsss.engine.stage import Device, Runtime
from wsss.models.clip.prompted_options import PromptedOptions
from wsss.models.clip.text_bank import read_bank
from wsss.models.weights.initial import PRETRAINED


def explainer_of_bank(
    bank: Path, *, weights: str = PRETRAINED, top: int = TOP, device: Device = "auto", side: int = SIDE
) -> Explainer:
    """Load the image tower that a bank of words was made for, with the bank's classes.

    Args:
        bank: A file of `wsss text-bank`.
        weights: Of the tower: `pretrained`, a file or `none`; see `PromptedOptions`.
        top: How many classes are explained where none are named: the likeliest.
        device: Where to compute; `auto` takes NVIDIA's GPU if there is one.
        side: Pixels of the longer side at which the network sees larger images.

    Raises:
        ModelError: The bank or the weights cannot be had, or do not fit.
        ConfigError: `device` is not there.
        ValueError: `side` is too small.
    """
    check_side(side)
    place = Runtime(device=device).torch_device()
    words = read_bank(bank)
    backbone = words.tower or PromptedOptions().backbone
    options = PromptedOptions(backbone=backbone, weights=weights, bank=str(bank))
    options.check()
    network = options.build(words.classes).eval().to(place)
    ranked = ranked_words(network)
    assert ranked is not None
    ranked = replace(ranked, top=top)
    return Explainer(
        classes=words.classes,
        fingerprint=state_digest(network),
        classifier=ranked.judge(),
        networks=(network,),
        normalisation=options.normalisation,
        device=place,
        side=side,
        subjects=ranked,
    )
