"""`wsss data check DIR`: what a data set holds, and everything that a run would refuse of it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ABOUT: Final = """\
Look at a data set before a run does.

  wsss data check my_photos        what is there, and everything that a run would refuse
"""
CHECK: Final = """\
Read every label, image and mask of a data set, and list all that is wrong: a run would refuse it.

  wsss data check my_photos
  wsss data check my_photos --masks masks --html check.html
  wsss data check VOC2012 --split train_aug=ImageSets/Segmentation/train_aug.txt --train train_aug

Options are the keys of `dataset` and `splits` in `wsss run`. What is not given is looked for, and the command of a run
with what was found is printed. Exit code 1 where a run would refuse the data set, 0 otherwise: equal images, labels
that masks do not show and classes without an image are told, but a run does not mind them.
"""
NONE: Final = "none"
KEYS: Final = ("images", "annotations", "labels", "masks", "difficult", "val_fraction", "on_bad_image")
"""Options that are keys of `dataset` as they stand."""


def main(arguments: Sequence[str]) -> None:
    """Look at a data set; exits with 1 where a run would refuse it."""
    options = _parser().parse_args(arguments)

    from datetime import UTC, datetime  # noqa: PLC0415 - as below

    from wsss.apps.check.check import check  # noqa: PLC0415 - as above
    from wsss.apps.check.detect import guess_format, run_line, writer_of  # noqa: PLC0415 - as above
    from wsss.apps.check.page import render_check  # noqa: PLC0415 - as above
    from wsss.apps.check.text import check_text  # noqa: PLC0415 - as above
    from wsss.engine.progress import bar, console  # noqa: PLC0415 - as above
    from wsss.errors import DataError  # noqa: PLC0415 - as above
    from wsss.store.files import write_text  # noqa: PLC0415 - the stack takes seconds to import

    root = options.root.expanduser()
    if not root.is_dir():
        raise DataError(f"{root} is not a folder: name the one that holds the data set")
    writer = writer_of(root, layout=options.format or guess_format(root), given=_given(options))
    found = check(
        writer, train=options.train, val=options.val, watch=lambda total: bar("check", total=total, unit="images")
    )
    command = run_line(writer, train=options.train, val=options.val)
    console.print(command, markup=False)
    for part in check_text(found):
        console.print(part)
    if options.html:
        page = render_check(found, command=command, created=datetime.now(UTC))
        options.html.parent.mkdir(parents=True, exist_ok=True)
        write_text(options.html, page)
        console.print(str(options.html.absolute()), markup=False)
    sys.exit(1 if found.problems else 0)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the keys of `dataset` that were given."""
    given = {key: getattr(options, key) for key in KEYS if getattr(options, key) is not None}
    for key in ("labels", "masks"):
        if given.get(key) == NONE:
            given[key] = None
    if options.classes:
        given["classes"] = tuple(options.classes)
    if options.split:
        given["splits"] = dict(options.split)
    return given


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss data", description=ABOUT, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True, metavar="check")
    check = commands.add_parser("check", description=CHECK, formatter_class=raw)
    add = check.add_argument
    add("root", type=Path, metavar="DIR", help="the folder that holds the data set")
    add("--format", choices=("voc", "folder"), help="its layout (default: by the folders that are there)")
    add("--images", metavar="DIR", help="folder of images, below DIR")
    add("--annotations", metavar="DIR", help="voc: folder of XML files")
    add("--labels", metavar="FILE", help=f"folder: label file; {NONE}: every sub-folder of images is a class")
    add("--masks", metavar="DIR", help=f"folder of masks; {NONE}: there are none")
    add("--classes", nargs="+", metavar="NAME", help="classes in the order of their mask ids")
    add("--split", type=_split, action="append", metavar="NAME=LIST", help="voc: a list, beside train and val")
    add("--ignore-difficult", dest="difficult", action="store_false", default=None, help="voc: as difficult=false")
    add("--val-fraction", type=float, metavar="SHARE", help="folder: share of images that go to val")
    add("--on-bad-image", choices=("refuse", "skip"), help="what a run does with images that cannot be read")
    add("--train", default="train", metavar="SPLIT", help="the run's splits.train (default: train)")
    add("--val", default="val", metavar="SPLIT", help="the run's splits.val (default: val)")
    add("--html", type=Path, metavar="FILE", help="write a page with the tables and with examples, too")
    return parser


def _split(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=LIST")
    return name, path
