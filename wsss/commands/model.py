"""`wsss model RUN FILE`: the networks of a finished run as one file, which needs neither the run nor its store."""

import argparse
from collections.abc import Sequence
from typing import Final

from wsss import engine
from wsss.apps import model
from wsss.apps.given import given_path
from wsss.errors import ConfigError

ABOUT: Final = """\
Write the networks of a finished run into one file, to be used where neither the run nor its store is.

  wsss model outputs/toy/1 toy.wsss
  wsss predict photos --model toy.wsss
  wsss explain cat.jpg --model toy.wsss

The file is a ZIP archive: model.json (classes, options, and the hash of every file), README.md (a card for people),
and below networks/ the weights as safetensors. It holds no image, and no name of one. The answers are the run's own.
"""
SUFFIX: Final = ".wsss"


def main(arguments: Sequence[str]) -> None:
    """Write a model file; raises a `WsssError` where there is no finished run, or another suffix is named."""
    options = argument_parser().parse_args(arguments)
    path = options.file.expanduser()
    if path.suffix != SUFFIX:
        raise ConfigError([f"{path}: a model file is named with the suffix {SUFFIX}"])
    written = model.write_model(options.run, path, store=options.store)
    parts = [part for part in ("predict", "explain") if getattr(written, part) is not None]
    megabytes = sum(entry.bytes for entry in written.files.values()) / 1e6
    engine.console.print(f"{len(written.classes)} classes, to {' and '.join(parts)} with, {megabytes:.1f} MB")
    engine.console.print(str(path.absolute()))


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss model", description=ABOUT, formatter_class=raw)
    parser.add_argument("run", type=given_path, metavar="RUN", help="a run's folder: outputs/toy/1")
    parser.add_argument("file", type=given_path, metavar="FILE", help="where to write: toy.wsss")
    parser.add_argument("--store", type=given_path, metavar="DIR", help="where the run's store lies, if it was moved")
    return parser
