"""`wsss compare RUN RUN`: what differs between finished runs, in numbers and in pictures."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wsss import draw, engine
from wsss.apps import compare

ABOUT: Final = """\
Put finished runs side by side: the options that differ, the scores of every stage, the IoU of every class, and contact
sheets of the images on which each run's masks are better and worse than those of the first run.

  wsss compare outputs/voc12_mini/1 outputs/voc12_mini_recam/1
  wsss compare outputs/toy/* --masks predict_masks:val --images 12 --out here

--out then holds a picture for each later run: <run> better than <first run>.jpg, and worse. An image's own IoU finds
them; it is the mean over the labels of that image, and not the mIoU of the tables.
"""


def main(arguments: Sequence[str]) -> None:
    """Compare runs; raises a `WsssError` where one is not finished, or no mask was scored in all of them."""
    options = argument_parser().parse_args(arguments)
    runs = compare.read_runs(options.runs)
    engine.console.print(compare.option_table(runs))
    engine.console.print(compare.compared_scores(runs))
    masks = compare.chosen_masks(runs, wanted=options.masks)
    engine.console.print(compare.compared_classes(runs, stage=masks.stage, split=masks.split))
    for other in runs[1:]:
        sheets = compare.gain_sheets(runs[0], other, masks, count=options.images)
        for path in draw.write_sheets(options.out.expanduser(), sheets):
            engine.console.print(str(path.absolute()))


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss compare", description=ABOUT, formatter_class=raw)
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="folders of runs: outputs/toy/1 outputs/toy/2"
    )
    parser.add_argument(
        "--masks", metavar="STAGE:SPLIT", help="which masks to look at (default: the last ones that all runs scored)"
    )
    parser.add_argument("--images", type=int, default=6, metavar="N", help="rows of a sheet (default: 6)")
    parser.add_argument("--out", type=Path, default=Path("comparison"), metavar="DIR", help="default: comparison")
    return parser
