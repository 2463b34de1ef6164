"""`wsss compare RUN RUN`: what differs between finished runs, in numbers and in pictures."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

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
    options = _parser().parse_args(arguments)

    from wsss.apps.compare.compared import read_runs  # noqa: PLC0415 - as above
    from wsss.apps.compare.sheets import chosen_masks, gain_sheets  # noqa: PLC0415 - the stack takes seconds to import
    from wsss.apps.compare.tables import compared_classes, compared_scores, option_table  # noqa: PLC0415 - as above
    from wsss.draw.sheet import write_sheets  # noqa: PLC0415 - as above
    from wsss.engine.progress import console  # noqa: PLC0415 - as above

    runs = read_runs(options.runs)
    console.print(option_table(runs))
    console.print(compared_scores(runs))
    masks = chosen_masks(runs, wanted=options.masks)
    console.print(compared_classes(runs, stage=masks.stage, split=masks.split))
    for other in runs[1:]:
        for path in write_sheets(options.out.expanduser(), gain_sheets(runs[0], other, masks, count=options.images)):
            console.print(str(path.absolute()))


def _parser() -> argparse.ArgumentParser:
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
