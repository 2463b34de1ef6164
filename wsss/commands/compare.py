"""`wsss compare RUN RUN`: what differs between finished runs, in numbers and in pictures."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.table import Table

from wsss import draw, engine, store
from wsss.apps import compare
from wsss.apps.given import given_path
from wsss.apps.lists import listed
from wsss.errors import ConfigError

SEPARATOR: Final = "--"
ABOUT: Final = """\
Put finished runs, or groups of runs, side by side: the options that differ, the scores of every stage, the IoU of every
class, how sure the gains in mIoU are, and contact sheets of the images on which masks are better and worse than those
of the first run.

  wsss compare outputs/voc12_mini/1 outputs/voc12_mini_recam/1
  wsss compare outputs/voc12_mini/seed* -- outputs/voc12_mini_recam/seed*      two groups: mean, deviation, intervals
  wsss compare outputs/sweeps/cams/[1-9]* --group-by cam,refine                a group for all runs with the same two
  wsss compare outputs/toy/* --group-by name                                   one group: mean and deviation
  wsss compare outputs/voc12_recam/1 --published                               beside what papers and others report
  wsss compare outputs/toy/* --masks predict_masks:val --images 12 --out here

--out then holds charts (a dot a run with intervals; threshold curves over each other) and a picture for each later
group: <group> better than <first>.jpg, and worse, by their first runs. An image's own IoU finds them; it is the mean
over the labels of that image, and not the mIoU of the tables.
"""


def main(arguments: Sequence[str]) -> None:
    """Compare runs; raises a `WsssError` where one is not finished, or some have scored masks and none in common."""
    options, sizes = parsed(arguments)
    if options.published:
        _print_published(options, sizes)
        return
    keys = None if options.group_by is None else listed(options.group_by)
    if keys is not None and not keys:
        raise ConfigError(["--group-by names no option: name some, as in --group-by cam,refine"])
    if keys and len(sizes) > 1:
        raise ConfigError(["--group-by makes the groups: leave `--` between runs away"])
    if options.images < 1:
        raise ConfigError([f"--images must be at least 1, got {options.images}"])
    out = options.out.expanduser()
    out.mkdir(parents=True, exist_ok=True)
    runs = compare.read_runs(options.runs)
    if keys:
        groups = compare.grouped_by(runs, keys)
    else:
        groups = compare.separated(runs, sizes if len(sizes) > 1 else [1] * len(runs))
    tables = [compare.option_table(groups), compare.compared_scores(groups)]
    if options.masks is None and not any(run.images for run in runs):
        _print_without_masks(tables)
        return
    masks = compare.chosen_masks(runs, wanted=options.masks)
    every = compare.scored_masks(runs)
    console = engine.console
    for table in (*tables, compare.compared_classes(groups, stage=masks.stage, split=masks.split)):
        console.print(table)
    if len(groups) > 1:
        console.print(compare.difference_table(compare.group_differences(groups, every)))
    for name, chart in compare.group_charts(groups, every):
        path = out / store.item_name(name, ".svg")
        store.write_text(path, chart)
        console.print(str(path.absolute()))
    first, *others = groups
    for other in others:
        for path in draw.write_sheets(out, compare.gain_sheets(first, other, masks, count=options.images)):
            console.print(str(path.absolute()))


def _print_without_masks(tables: Sequence[Table]) -> None:
    for table in tables:
        engine.console.print(table)
    engine.console.print(
        "no image has a true mask: classes, intervals and pictures, which compare with some, are left out"
    )


def _print_published(options: argparse.Namespace, sizes: Sequence[int]) -> None:
    if options.group_by is not None or len(sizes) > 1:
        raise ConfigError(["--published takes runs one by one: leave --group-by and `--` away"])
    tables = [compare.beside_published(run) for run in compare.read_each(options.runs)]
    for table in tables:
        engine.console.print(table)


def parsed(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[int]]:
    """Return the options with all runs, and how many runs stand before, between and after each `--`."""
    parser, options, runs, sizes = argument_parser(), argparse.Namespace(), list[Path](), list[int]()
    ends = [place for place, word in enumerate(arguments) if word == SEPARATOR]
    for start, end in zip([-1, *ends], [*ends, len(arguments)], strict=True):
        options = parser.parse_args(arguments[start + 1 : end], options)
        runs += options.runs
        sizes.append(len(options.runs))
    options.runs = runs
    return options, sizes


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss compare", description=ABOUT, formatter_class=raw)
    parser.add_argument(
        "runs",
        type=given_path,
        nargs="+",
        metavar="RUN",
        help="folders of runs: outputs/toy/1 outputs/toy/2; -- separates groups",
    )
    parser.add_argument(
        "--group-by",
        metavar="KEY,KEY",
        help="take runs together in which these options are the same, such as cam,refine",
    )
    parser.add_argument(
        "--published", action="store_true", help="show a benchmark's run beside published figures, with their sources"
    )
    parser.add_argument(
        "--masks", metavar="STAGE:SPLIT", help="which masks to look at (default: the last ones that all runs scored)"
    )
    parser.add_argument("--images", type=int, default=6, metavar="N", help="rows of a sheet (default: 6)")
    parser.add_argument("--out", type=given_path, default=Path("comparison"), metavar="DIR", help="default: comparison")
    return parser
