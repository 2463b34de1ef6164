"""`wsss data`: prepare, check and audit data sets, mend their labels, and take over masks that people corrected."""

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wsss import engine
from wsss.apps import audit, check, corrected
from wsss.apps.given import given_path
from wsss.commands.audit import add_audit_options, audit_to
from wsss.commands.check import check_to
from wsss.commands.prepare import PREPARE, add_prepare_options, prepare_to
from wsss.config.leaves import Leaf, leaves
from wsss.config.search import OPTION, added_among, config_folders
from wsss.errors import ConfigError

ABOUT: Final = """\
Look at a data set before a run does.

  wsss data check my_photos        what is there, and everything that a run would refuse
  wsss data audit my_photos        tags that may be wrong or missing, near duplicates and leaks, outliers, drift
  wsss data fix labels.csv --with tags.csv --out new.csv      a label file with what you accepted of an audit
  wsss data masks export.json      masks that people corrected in Label Studio
  wsss data prepare voc12          download a benchmark, and bring it into the form that a run reads
"""
AUDIT: Final = """\
Look for what no rule can refuse: tags that are wrong or missing, pictures that are nearly the same, splits that differ.

  wsss data audit my_photos
  wsss data audit my_photos --what tags,duplicates --fail-over tags=20 --fail-over leaks=0

No run is needed: a network that did not learn from the data set shows what images have in common, by default one that
comes with the package. Writes audit.html with pictures, audit.json, and a CSV for each table. What was computed is kept
in the store, and a second call draws the page alone. Exit code 1 where a number is over a limit of --fail-over.

Fill in the column `accept` of tags.csv, and give it to `wsss data fix`.
"""
FIX: Final = """\
Write a new label file with the changes that have yes in the column `accept` of tags.csv; the old file is not changed.

  wsss data fix my_photos/labels.csv --with audit/tags.csv --out my_photos/fixed.csv
  wsss run experiment=folder dataset.root=my_photos dataset.labels=fixed.csv
"""
MASKS: Final = """\
Turn what Label Studio exports into masks, one PNG for each image that somebody annotated.

  wsss predict photos --model outputs/toy/1 --formats label_studio
  wsss data masks export.json --out my_photos/masks
  wsss run experiment=folder dataset.root=my_photos dataset.masks=masks
  wsss run experiment=folder dataset.root=my_photos masks.annotated=my_photos/masks

The first run only scores on them, the network of the second learns from them. The JSON tells all: brush strokes,
polygons and upright rectangles are read; where they overlap, the later one counts. Images without an annotation are
left out, and their number is told. PNGs of brush strokes, unpacked, name no images: --tasks is the project's JSON,
which does.

  wsss data masks unpacked --tasks tasks.json --out my_photos/masks
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
    """Do what a command says; exits with 1 where a run would refuse the data set."""
    added, words = added_among(arguments)
    _refuse_overrides(words)
    options = argument_parser(added).parse_args(words)
    if options.command == "masks":
        _take_over(options)
        sys.exit(0)
    if options.command == "fix":
        _fix(options)
        sys.exit(0)
    if options.command == "prepare":
        sys.exit(prepare_to(options))
    given = {key.removeprefix(KEY): value for key, value in vars(options).items() if key.startswith(KEY)}
    choice = check.chosen(leaves(GROUP, config_folders(added)), root=options.root, name=options.layout)
    given = {key: value for key, value in given.items() if value is not None}
    if options.command == "audit":
        layout = choice.layout(options.root, given=given)
        over = audit_to(options, choice.node(layout), command=shlex.join(["wsss", "data", *arguments]))
        for sentence in over:
            engine.console.print(sentence)
        sys.exit(1 if over else 0)
    splits = {"train": options.train, "val": options.val}
    sys.exit(check_to(choice, options.root, given=given, added=added, page=options.html, **splits))


def _refuse_overrides(words: Sequence[str]) -> None:
    """Refuse a data set that is described as for `wsss run`, and say how it is described here."""
    problems = []
    for word in words:
        key, is_pair, value = word.partition("=")
        if is_pair and key == GROUP:
            problems.append(f"{word}: write --layout {value}")
        elif is_pair and key == f"{GROUP}.root":
            problems.append(f"{word}: write {value} alone")
        elif is_pair and key.startswith(f"{GROUP}."):
            option = key.removeprefix(f"{GROUP}.").replace("_", "-")
            problems.append(f"{word}: write --{option} {value}")
    if problems:
        raise ConfigError(problems)


def _take_over(options: argparse.Namespace) -> None:
    """Write the masks of an export, and say how many there are."""
    out = options.out.expanduser()
    if options.tasks is not None:
        found = corrected.write_png_masks(options.export, tasks=options.tasks, out=out, classes=options.classes)
    elif options.export.is_dir():
        raise ConfigError(
            [f"{options.export} is a folder: masks as PNGs name no images; give --tasks tasks.json as well"]
        )
    else:
        found = corrected.write_corrected(options.export, out=out, classes=options.classes)
    left = f"; images without an annotation: {len(found.untouched)}" if found.untouched else ""
    engine.console.print(f"masks: {len(found.masks)}, written to {options.out.absolute()}{left}")


def _fix(options: argparse.Namespace) -> None:
    """Write a label file with accepted changes, and say what became of it."""
    found = audit.fix(
        options.labels,
        table=options.table,
        out=options.out,
        separator=options.separator,
        label_per_line=options.label_per_line,
    )
    said = f"{found.added} labels added, {found.removed} removed, {found.refused} suspicions not accepted"
    engine.console.print(f"{said}: {found.out.absolute()}")


def argument_parser(added: Path | None = None) -> argparse.ArgumentParser:
    """Return the parser with an option for every key of the layouts, `added` ones included."""
    known = leaves(GROUP, config_folders(added))
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss data", description=ABOUT, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|audit|fix|masks|prepare")
    checking = commands.add_parser("check", description=CHECK, formatter_class=raw)
    _add_data_set(checking, known)
    add = checking.add_argument
    add("--val", default="val", metavar="SPLIT", help="the run's splits.val (default: val)")
    add("--html", type=given_path, metavar="FILE", help="write a page with the tables and with examples, too")
    _add_keys(checking, known)
    auditing = commands.add_parser("audit", description=AUDIT, formatter_class=raw)
    _add_data_set(auditing, known)
    add_audit_options(auditing)
    _add_keys(auditing, known)
    fixing = commands.add_parser("fix", description=FIX, formatter_class=raw)
    add = fixing.add_argument
    add("labels", type=given_path, metavar="FILE", help="the CSV or JSON of labels")
    add("--with", type=given_path, required=True, dest="table", metavar="FILE", help="tags.csv with `accept` filled in")
    add("--out", type=given_path, required=True, metavar="FILE", help="the new label file")
    add("--separator", default=";", metavar="TEXT", help="the run's dataset.separator (default: ;)")
    add("--label-per-line", action="store_true", help="as the run's dataset.label_per_line=true")
    taking = commands.add_parser("masks", description=MASKS, formatter_class=raw)
    add = taking.add_argument
    add("export", type=given_path, metavar="FILE", help="the JSON that Label Studio exported, or a folder of its PNGs")
    add("--tasks", type=given_path, metavar="FILE", help="the project's JSON, for a folder of PNGs")
    add("--out", type=given_path, default=Path("masks"), metavar="DIR", help="folder of the masks (default: masks)")
    add(
        "--classes",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="in the order of the mask ids (default: the tasks')",
    )
    add_prepare_options(commands.add_parser("prepare", description=PREPARE, formatter_class=raw))
    return parser


def _add_data_set(parser: argparse.ArgumentParser, known: Mapping[str, Leaf]) -> None:
    add = parser.add_argument
    add("root", type=given_path, nargs="?", metavar="DIR", help="the folder that holds the data set")
    add("--layout", metavar="NAME", help=f"its layout: {', '.join(known)} (default: by the files that are there)")
    add("--train", default="train", metavar="SPLIT", help="the run's splits.train (default: train)")
    add(OPTION, metavar="DIR", help="layouts of your own, as DIR/dataset/mine.yaml")


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
            form = {"metavar": "NAME", "nargs": "+", "action": "extend"}
        group.add_argument(f"--{key.replace('_', '-')}", dest=f"{KEY}{key}", help=words, **form)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
