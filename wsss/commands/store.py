"""`wsss store ls|verify|gc`: what is on disk, whether it is intact, and what no run refers to."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wsss import apps, store
from wsss.apps.given import given_path

ABOUT: Final = """\
What the stages of all runs made lies in a store, by default runs/.

  wsss store ls                 every artifact: state, size, age, and which runs use it
  wsss store verify             hash every file again: is it what was made?
  wsss store gc                 what no run refers to; --yes deletes it
"""
LS: Final = """\
List every artifact: state, size, age, and the folders of the runs that use it.

  wsss store ls --store /data/runs
  wsss store ls --json | jq 'map(.bytes) | add'
"""
VERIFY: Final = """\
Hash every file of every finished artifact, and name what is damaged, missing or stray. Exit code 1 where something is
damaged or missing; strays, which no manifest speaks of, do no harm.

  wsss store verify
  wsss store verify --repair
  wsss store verify --store received/runs --run received/toy/1

Of each run that the store knows, and of those that --run names, the hash of run.yaml is printed, or the results that
are other ones than the run made. Who sent you a run compares that hash: it stands for every byte of the results.

--repair deletes damaged files and the manifests of their artifacts: the next run makes those files again and nothing
else, but a training as a whole. What was made of them stays. That is right where they come out as they were; a training
on a GPU does not, to the last bit.
"""
GC: Final = """\
List what no run refers to; --yes deletes it.

  wsss store gc
  wsss store gc --yes

A run refers to its artifacts as long as its own folder, outputs/<name>/<number>, is there, finished or not. What those
were made of and what is being made right now is kept as well, so runs may go on meanwhile. A run's folder that was
moved is not found any more: name it with --keep. Hidden files of killed writers go, too.
"""


def main(arguments: Sequence[str]) -> None:
    """Look after a store; raises `StoreError` where there is none, and exits with 1 where it stays damaged."""
    options = argument_parser().parse_args(arguments)
    artifacts = store.Store.at(options.store)
    match options.command:
        case "ls":
            (apps.store.show_json if options.json else apps.store.show)(artifacts)
        case "verify":
            sys.exit(0 if apps.store.verify(artifacts, repairing=options.repair, runs=options.run) else 1)
        case _:
            apps.store.collect(artifacts, deleting=options.yes, keep=options.keep)


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss store", description=ABOUT, formatter_class=raw)
    commands = parser.add_subparsers(dest="command", required=True, metavar="ls|verify|gc")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--store", type=given_path, default=Path("runs"), metavar="DIR", help="its folder (default: runs)"
    )
    ls = commands.add_parser("ls", description=LS, parents=[shared], formatter_class=raw)
    ls.add_argument("--json", action="store_true", help="for programs: a list of objects")
    verify = commands.add_parser("verify", description=VERIFY, parents=[shared], formatter_class=raw)
    verify.add_argument("--repair", action="store_true", help="delete what is damaged, so that it is made again")
    verify.add_argument(
        "--run",
        type=given_path,
        nargs="+",
        action="extend",
        default=[],
        metavar="RUN",
        help="also folders of moved runs",
    )
    gc = commands.add_parser("gc", description=GC, parents=[shared], formatter_class=raw)
    gc.add_argument("--yes", action="store_true", help="delete it")
    gc.add_argument(
        "--keep",
        type=given_path,
        nargs="+",
        action="extend",
        default=[],
        metavar="RUN",
        help="folders of runs that were moved",
    )
    return parser
