"""Arguments of `wsss explain` that say whose answer is explained, and which part of it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wsss import models
from wsss.apps import explain
from wsss.errors import ConfigError

if TYPE_CHECKING:
    from wsss.apps.explain import Explainer

CLASSIFIER: Final = "classifier"
SEGMENTER: Final = "segmenter"


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--network`, which pixels of a segmentation network's answer are explained, and `--against`."""
    group = parser.add_argument_group("what is explained")
    add = group.add_argument
    add("--against", metavar="CLASS", help="what speaks for each class and against this one")
    add("--network", choices=(CLASSIFIER, SEGMENTER), default=CLASSIFIER, help=f"default: {CLASSIFIER}")
    add("--pixels", type=Path, metavar="MASK", help="with segmenter: the pixels that are not 0, or a folder of masks")
    add("--point", metavar="X,Y", help="with segmenter: one pixel, its column and row from 0")
    add("--component", type=int, metavar="N", help="with segmenter: an object that the network sees, 1 the largest")


def check_network(options: argparse.Namespace) -> None:
    """Raise `ConfigError` for pixels without a segmentation network, and for several ways to name them."""
    given = {"--pixels": options.pixels, "--point": options.point, "--component": options.component}
    named = [name for name, value in given.items() if value is not None]
    if named and options.network != SEGMENTER:
        raise ConfigError([f"{named[0]} asks the segmentation network: add --network {SEGMENTER}"])
    if len(named) > 1:
        raise ConfigError([f"{' and '.join(named)} name pixels: use one of them"])
    _point(options.point)


def network_of(options: argparse.Namespace) -> "Explainer":
    """Load what is asked; raises a `WsssError` where the run has none."""
    common = {"store": options.store, "device": options.device, "side": options.side}
    if options.network == CLASSIFIER:
        return explain.Explainer.of(options.model, **common)
    pixels = models.Pixels(point=_point(options.point), component=options.component)
    return explain.explainer_of_segmenter(options.model, pixels=pixels, **common)


def words_of(options: argparse.Namespace) -> str:
    """Say what is explained where it is not the classifier's answer for the whole image."""
    if options.network == CLASSIFIER:
        return ""
    if options.point is not None:
        return f"{SEGMENTER}, pixel {options.point}"
    if options.component is not None:
        return f"{SEGMENTER}, object {options.component}"
    return f"{SEGMENTER}, {'chosen pixels' if options.pixels is not None else 'all pixels of each class'}"


def _point(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        column, row = (int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError([f"--point: {text!r} is not a column and a row: write --point 120,80"]) from error
    return column, row
