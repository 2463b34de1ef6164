"""Arguments of `wsss explain` that say whose answer is explained, and which part of it."""

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from wsss import models
from wsss.apps import explain
from wsss.apps.given import given_path
from wsss.errors import ConfigError, one_of

if TYPE_CHECKING:
    from wsss.apps.explain import Explainer

CLASSIFIER: Final = "classifier"
SEGMENTER: Final = "segmenter"
OF_RUN: Final = (CLASSIFIER, SEGMENTER)
TOP: Final = 3
"""Classes of a network of timm that are explained where none are named."""
METHODS: Final = "cam,gradcam_plusplus,layercam,ablationcam,fgcam"
METHODS_OF_CLIP: Final = "softmax_gradcam,clip_es"
METHODS_OF_TIMM: Final = "gradcam,gradcam_plusplus,layercam"
"""Those that ask no more of a network than that it has layers."""
METHODS_OF_DETECTORS: Final = "rise"
"""No gradient passes the suppression of boxes, and this needs none: for boxes it is D-RISE."""


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--network`, which pixels of a segmentation network's answer are explained, and `--against`."""
    group = parser.add_argument_group("what is explained")
    add = group.add_argument
    add("--against", metavar="CLASS", help="what speaks for each class and against this one")
    add(
        "--network",
        metavar="NAME",
        default=CLASSIFIER,
        help=f"{CLASSIFIER} or {SEGMENTER} of a run, timm's name of one, as resnet50, or torchvision's of a detector "
        f"(default: {CLASSIFIER})",
    )
    add(
        "--bank",
        type=given_path,
        metavar="FILE",
        help="ask CLIP for the words of a bank: animals.npz of `wsss text-bank`",
    )
    add("--weights", metavar="FILE", help="without a run: a file of weights, or none (default: they are downloaded)")
    add("--top", type=int, metavar="N", help=f"without a run: explain the N likeliest classes (default: {TOP})")
    add(
        "--pixels",
        type=given_path,
        metavar="MASK",
        help="with segmenter: the pixels that are not 0, or a folder of masks",
    )
    add("--point", metavar="X,Y", help="with segmenter: one pixel, its column and row from 0")
    add("--component", type=int, metavar="N", help="with segmenter: an object that the network sees, 1 the largest")


def check_network(options: argparse.Namespace) -> None:
    """Raise `ConfigError` for options that ask something of another network than the one that is named."""
    given = {"--pixels": options.pixels, "--point": options.point, "--component": options.component}
    named = [name for name, value in given.items() if value is not None]
    if named and options.network != SEGMENTER:
        raise ConfigError([f"{named[0]} asks the segmentation network: add --network {SEGMENTER}"])
    if len(named) > 1:
        raise ConfigError([f"{' and '.join(named)} name pixels: use one of them"])
    _point(options.point)
    if options.bank is not None:
        _check_without_run(options, asked=f"--bank {options.bank}")
        if options.network != CLASSIFIER:
            raise ConfigError([f"--bank names CLIP's network: leave out --network {options.network}"])
    elif options.network in OF_RUN:
        _check_run(options)
    else:
        _check_without_run(options, asked=f"--network {options.network}")


def network_of(options: argparse.Namespace) -> "Explainer":
    """Load what is asked; raises a `WsssError` where the run has none."""
    common = {"device": options.device, "side": options.side}
    if options.bank is not None:
        weights = options.weights or models.weights.initial.PRETRAINED
        bank = options.bank.expanduser()
        return explain.explainer_of_bank(bank, weights=weights, top=options.top or TOP, **common)
    if options.network not in OF_RUN:
        _check_name(options)
        weights = options.weights or models.weights.initial.DOWNLOADED
        load = explain.explainer_of_detector if is_detector(options) else explain.explainer_of_pretrained
        return load(options.network, weights=weights, top=options.top or TOP, **common)
    common |= {"store": options.store}
    if options.network == CLASSIFIER:
        return explain.Explainer.of(options.model, **common)
    pixels = models.Pixels(point=_point(options.point), component=options.component)
    return explain.explainer_of_segmenter(options.model, pixels=pixels, **common)


def model_of(options: argparse.Namespace) -> str:
    """Return the run or the network as a table names it."""
    if options.bank is not None:
        return f"CLIP with {options.bank.expanduser().resolve()}, weights {options.weights or 'downloaded'}"
    if options.network in OF_RUN:
        return str(options.model.expanduser().resolve())
    return f"{options.network}, weights {options.weights or 'downloaded'}"


def methods_of(options: argparse.Namespace) -> str:
    """Return the methods that are asked for, joined by commas."""
    return _methods_by_default(options) if options.methods is None else str(options.methods)


def _methods_by_default(options: argparse.Namespace) -> str:
    if options.bank is not None:
        return METHODS_OF_CLIP
    if options.network in OF_RUN:
        return METHODS
    return METHODS_OF_DETECTORS if is_detector(options) else METHODS_OF_TIMM


def is_detector(options: argparse.Namespace) -> bool:
    """Whether the network that is named is a detector of torchvision."""
    return options.network in models.detectors.detector_names()


def words_of(options: argparse.Namespace) -> str:
    """Say what is explained where it is not the classifier's answer for the whole image."""
    if options.bank is not None:
        return f"CLIP, {options.bank.name}"
    if options.network == CLASSIFIER:
        return ""
    if options.network != SEGMENTER:
        return str(options.network)
    if options.point is not None:
        return f"{SEGMENTER}, pixel {options.point}"
    if options.component is not None:
        return f"{SEGMENTER}, object {options.component}"
    return f"{SEGMENTER}, {'chosen pixels' if options.pixels is not None else 'all pixels of each class'}"


def _check_run(options: argparse.Namespace) -> None:
    if options.model is None:
        ways = "a run by --model outputs/toy/1, a network of timm by --network resnet50, or words by --bank animals.npz"
        raise ConfigError([f"name what is explained: {ways}"])
    if options.model.suffix == ".npz":
        raise ConfigError([f"--model {options.model}: a bank of words is given by --bank {options.model}"])
    for name, value in (("--weights", options.weights), ("--top", options.top)):
        if value is not None:
            raise ConfigError([f"{name} is for a network without a run: leave out {name} or --model"])


def _check_without_run(options: argparse.Namespace, *, asked: str) -> None:
    for name, value in (("--model", options.model), ("--store", options.store)):
        if value is not None:
            raise ConfigError([f"{name} names a run, and {asked} a network without one: leave out one of them"])
    if options.mask is not None:
        raise ConfigError([f"--mask holds the classes of a run, which {asked} does not know: leave it out"])
    if options.top is not None and options.top < 1:
        raise ConfigError([f"--top must be at least 1, got {options.top}"])


def _check_name(options: argparse.Namespace) -> None:
    """Refuse a name that was meant for a detector: timm's own message offers only names of timm."""
    name, detectors = options.network, models.detectors.detector_names()
    if is_detector(options) or models.zoo.timm.is_model(name) or not get_close_matches(name.lower(), detectors):
        return
    near = get_close_matches(name.lower(), [*detectors, *models.zoo.timm.list_models()], n=5)
    what = f"{name!r} is neither a network of timm nor a detector of torchvision"
    raise ConfigError([f"--network: {what}; the nearest names are: {one_of(near)}"])


def _point(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        column, row = (int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError([f"--point: {text!r} is not a column and a row: write --point 120,80"]) from error
    return column, row
