"""Arguments and exit codes that the commands on many images share."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wsss.apps.given import given_path
from wsss.engine.streams import complain


def batch_parser(command: str, *, about: str, out: str, without_model: bool = False) -> argparse.ArgumentParser:
    """Return a parser of images, a run and a folder of results, which is `out` unless it is given.

    `without_model` is for a command that says itself what it needs in place of a run.
    """
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog=f"wsss {command}", description=about, formatter_class=raw)
    add = parser.add_argument
    add("images", type=given_path, nargs="+", metavar="IMAGE", help="images, or folders with their sub-folders")
    add(
        "--model",
        type=given_path,
        required=not without_model,
        metavar="RUN",
        help="a run's folder, or a model file: outputs/toy/1, toy.wsss",
    )
    add("--out", type=given_path, default=Path(out), metavar="DIR", help=f"default: {out}")
    add("--resume", action="store_true", help="keep what an earlier call has finished")
    add("--store", type=given_path, metavar="DIR", help="where the run's store lies, if it was moved")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default: auto")
    return parser


def name_failed(table: Mapping[str, Any]) -> None:
    """Print why images were left out, and exit with 1 where there are any."""
    for reason in table["failed"].values():
        complain(f"wsss: {reason}\n")
    if table["failed"]:
        sys.exit(1)
