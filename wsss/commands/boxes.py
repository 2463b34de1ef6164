"""Arguments of boxes, which `wsss predict` and `wsss explain` share."""

import argparse

from wsss.apps import boxes
from wsss.errors import ConfigError


def add_box_arguments(parser: argparse.ArgumentParser, *, maps: bool) -> None:
    """Add `--boxes` and what belongs to it; `maps` says whether they are made of maps, which need a threshold."""
    group = parser.add_argument_group("boxes")
    add = group.add_argument
    around = "what is bright in each map" if maps else "each object of the masks"
    add("--boxes", action="store_true", help=f"also draw boxes around {around}, and write boxes.json")
    add("--voc", action="store_true", help="also write the boxes as annotations/<image>.xml, as PASCAL VOC has them")
    if maps:
        add("--threshold", metavar="SHARE", help="of a map's maximum, 0 to 1, or auto: Otsu's (default: auto)")
    add("--min-area", type=float, metavar="SHARE", help="of the image, below which there is no box (default: 0.002)")
    add("--merge", type=float, metavar="IOU", help="overlap above which boxes become one (default: 0.5)")
    add("--split", action="store_true", help="split objects that touch, between the peaks of their scores")


def asked_boxes(options: argparse.Namespace) -> "boxes.BoxOptions | None":
    """Return what is asked for, None without `--boxes`; raises `ConfigError` for numbers that are out of range."""
    threshold = getattr(options, "threshold", None)
    given = {"--voc": options.voc, "--split": options.split}
    given |= {"--threshold": threshold, "--min-area": options.min_area, "--merge": options.merge}
    named = [name for name, value in given.items() if value is not None and value is not False]
    if not options.boxes:
        if named:
            raise ConfigError([f"{named[0]} is about boxes: add --boxes, or leave it out"])
        return None
    return boxes.box_options(
        threshold=threshold, least=options.min_area, merge=options.merge, split=options.split, voc=options.voc
    )
