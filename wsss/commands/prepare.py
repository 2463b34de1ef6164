"""Options of `wsss data prepare`, and what it does with them."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from wsss import engine
from wsss.apps import check, prepare
from wsss.apps.given import given_path
from wsss.commands.check import check_to
from wsss.config.leaves import leaves
from wsss.config.search import config_folders
from wsss.errors import ConfigError, one_of
from wsss.store.disk_errors import refuse_unwritable

PREPARE: Final = """\
Download a benchmark, check it, unpack it, and make the lists and masks that papers use.

  wsss data prepare voc12 --plan           what would be loaded and from where, the disk that it needs, its licence
  wsss data prepare voc12 data             PASCAL VOC 2012, into data/VOCdevkit/VOC2012
  wsss data prepare sbd data               masks of 12,031 images and the list train_aug (10,582), beside it
  wsss data prepare coco14 data            COCO 2014, into data/coco14
  wsss data prepare voc12 data --from VOCtrainval_11-May-2012.tar

Archives come from the first source that gives them whole, by size and hash; --mirror names one of your own. What was
loaded before a connection broke or you pressed Ctrl-C is kept in NAME.part, and the same command goes on there. A
second call does nothing. At the end the data set is checked, and the command of a run is printed.
"""
VAL: Final = "val"


def add_prepare_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("name", metavar="NAME", help="the benchmark: voc12, sbd or coco14")
    add(
        "data",
        type=given_path,
        nargs="?",
        default=Path("data"),
        metavar="DIR",
        help="folder of all data (default: data)",
    )
    add("--plan", action="store_true", help="say what would be loaded, and stop")
    add(
        "--from",
        type=given_path,
        nargs="+",
        action="extend",
        default=[],
        dest="given",
        metavar="FILE",
        help="archives that you loaded",
    )
    add("--mirror", action="append", default=[], metavar="URL", help="address of a folder of archives, tried first")
    add("--keep", action="store_true", help="keep archives that were loaded")


def prepare_to(options: argparse.Namespace) -> int:
    """Prepare a benchmark and check it, unless that was done before, and return the exit code.

    Raises `ConfigError` for a benchmark that there is not, and what `prepare` raises.
    """
    benchmark = prepare.BENCHMARKS.get(options.name)
    if benchmark is None:
        known = one_of(list(prepare.BENCHMARKS))
        raise ConfigError([f"there is no benchmark {options.name!r}; there are {known}"])
    if strange := [each for each in options.mirror if not each.startswith(("http://", "https://"))]:
        raise ConfigError(
            [f"--mirror: {each} is not an address of the web: write http:// or https://" for each in strange]
        )
    given = [each.expanduser() for each in options.given]
    plan = prepare.planned(benchmark, options.data.expanduser(), given=given, keep=options.keep)
    for line in prepare.plan_text(plan, mirrors=options.mirror):
        engine.console.print(line)
    if plan.state != "prepared":
        refuse_unwritable(plan.data)
    if options.plan:
        return 0
    prepare.prepare(plan, watch=_bar, mirrors=options.mirror)
    choice = check.chosen(leaves("dataset", config_folders()), root=plan.home, name=benchmark.layout)
    command = choice.run_line(choice.layout(plan.home, given=benchmark.options), train=benchmark.train, val=VAL)
    if plan.state == "prepared":
        engine.console.print(command)
        return 0
    checked: dict[str, str | Sequence[tuple[str, str]]] = {**benchmark.options, **benchmark.checked}
    return check_to(choice, plan.home, given=checked, train=benchmark.train, val=VAL, command=command)


@contextmanager
def _bar(title: str, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    with engine.bar(title, total=total, unit=unit) as advance:
        yield advance
