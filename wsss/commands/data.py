"""`wsss data check DIR`: what a data set holds, and everything that a run would refuse of it."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from wsss import engine, store
from wsss.apps import check
from wsss.config.leaves import Leaf, leaves
from wsss.config.search import OPTION, added_among, config_folders

ABOUT: Final = """\
Look at a data set before a run does.

  wsss data check my_photos        what is there, and everything that a run would refuse
"""
CHECK: Final = """\
Read every label, image and mask of a data set, and list all that is wrong: a run would refuse it.

  wsss data check my_photos
  wsss data check my_photos --masks masks --html check.html
  wsss data check VOC2012 --splits train_aug=ImageSets/Segmentation/train_aug.txt --train train_aug

What is not given is looked for, and the command of a run with what was found is printed. Exit code 1 where a run would
refuse the data set, 0 otherwise: equal images, labels that masks do not show and classes without an image are told, but
a run does not mind them.
"""
GROUP: Final = "dataset"
KEYS: Final = "as keys of `dataset` in `wsss run`, where the layout has them; null stands for none"
KEY: Final = f"{GROUP}."
"""What the names of parsed options begin with that are keys of a layout."""


def main(arguments: Sequence[str]) -> None:
    """Look at a data set; exits with 1 where a run would refuse it."""
    added, words = added_among(arguments)
    options = argument_parser(added).parse_args(words)
    given = {key.removeprefix(KEY): value for key, value in vars(options).items() if key.startswith(KEY)}
    choice = check.chosen(leaves(GROUP, config_folders(added)), root=options.root, name=options.layout)
    layout = choice.layout(options.root, given={key: value for key, value in given.items() if value is not None})
    splits = {"train": options.train, "val": options.val}
    with TemporaryDirectory() as drawn:
        found = check.check_dataset(
            layout, into=Path(drawn), **splits, watch=lambda total: engine.bar("check", total=total, unit="images")
        )
        _tell(found, command=choice.run_line(layout, **splits, added=added), page=options.html)
    sys.exit(1 if found.problems else 0)


def _tell(found: "check.Check", *, command: str, page: Path | None) -> None:
    """Print what was found, and write the page if one is wanted."""
    engine.console.print(command, markup=False)
    for part in check.check_text(found):
        engine.console.print(part)
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        store.write_text(page, check.render_check(found, command=command, created=datetime.now(UTC)))
        engine.console.print(str(page.absolute()), markup=False)


def argument_parser(added: Path | None = None) -> argparse.ArgumentParser:
    """Return the parser with an option for every key of the layouts, `added` ones included."""
    known = leaves(GROUP, config_folders(added))
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss data", description=ABOUT, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True, metavar="check")
    checking = commands.add_parser("check", description=CHECK, formatter_class=raw)
    add = checking.add_argument
    add("root", type=Path, nargs="?", metavar="DIR", help="the folder that holds the data set")
    add("--layout", metavar="NAME", help=f"its layout: {', '.join(known)} (default: by the files that are there)")
    add("--train", default="train", metavar="SPLIT", help="the run's splits.train (default: train)")
    add("--val", default="val", metavar="SPLIT", help="the run's splits.val (default: val)")
    add(OPTION, metavar="DIR", help="layouts of your own, as DIR/dataset/mine.yaml")
    add("--html", type=Path, metavar="FILE", help="write a page with the tables and with examples, too")
    _add_keys(checking, known)
    return parser


def _add_keys(parser: argparse.ArgumentParser, known: Mapping[str, Leaf]) -> None:
    """Add an option for every key that a layout has, unless it is one of the command's own."""
    group = parser.add_argument_group("options of a layout", KEYS)
    taken = {action.dest for action in parser._actions}
    keys = dict.fromkeys(key for leaf in known.values() for key in leaf.values if not key.startswith("_"))
    for key in [key for key in keys if key not in taken]:
        having = [leaf for leaf in known.values() if key in leaf.values]
        words = f"{', '.join(leaf.name for leaf in having)}: {having[0].words[key]}".replace("%", "%%")
        kinds = {type(leaf.values[key]) for leaf in having}
        form: dict[str, Any] = {"metavar": "VALUE"}
        if dict in kinds:
            form = {"metavar": "NAME=VALUE", "type": _pair, "action": "append"}
        elif list in kinds:
            form = {"metavar": "NAME", "nargs": "+"}
        group.add_argument(f"--{key.replace('_', '-')}", dest=f"{KEY}{key}", help=words, **form)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
