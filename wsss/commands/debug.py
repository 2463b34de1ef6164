"""`wsss debug RUN`: what a finished run's classifier looks at, where it fails, and what would help."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wsss import apps, engine
from wsss.apps.given import given_path
from wsss.apps.lists import names_in
from wsss.engine.streams import announce, complain
from wsss.errors import ConfigError
from wsss.store.disk_errors import refuse_unwritable

ABOUT: Final = """\
Look into a finished run: does its classifier recognise classes by the objects or by what is around them, what does it
confuse, on which images does it fail, and which images are worth a mask?

  wsss debug outputs/toy/1
  wsss debug outputs/toy/1 --what context,confusions --images 50
  wsss debug outputs/toy/1 --what tags,leaks                  is it the labels? see also `wsss data audit`
  wsss debug outputs/toy/1 --negatives photos_of_empty_streets
  wsss debug outputs/toy/1 --fail-over context=0.5            for CI: exit code 1 where a class keeps more than half

--out then holds debug.html, with the worst finding first, debug.json and a CSV file for each table. No masks are
needed; where there are true ones, they make columns of their own.
"""
WHAT: Final = "context,confusions,slices,annotate"
SIDE: Final = 320
IMAGES: Final = 20
COUNT: Final = 20
LEAST: Final = {"images": 5, "count": 1, "side": 32, "random_seed": 0}
"""Smallest values of options."""
SHOWN: Final = 5
"""Findings that the screen shows."""


def main(arguments: Sequence[str]) -> None:
    """Debug a run; exits with 1 where a number is over its limit. Raises a `WsssError` where there is none."""
    options = argument_parser().parse_args(arguments)
    announce("loading what the run learnt")
    alone = not options.what and options.negatives is not None
    parts = () if alone else names_in(options.what, known=apps.debug.PARTS, key="--what")
    asked = [*parts, *(["negatives"] if options.negatives is not None else [])]
    limits = apps.findings.limits_in(options.fail_over, known=asked)
    too_small = [
        f"--{key.replace('_', '-')}: must be at least {least}"
        for key, least in LEAST.items()
        if getattr(options, key) < least
    ]
    if too_small:
        raise ConfigError(too_small)
    refuse_unwritable(options.out.expanduser())
    engine.keep_freed_memory()
    request = apps.debug.Request(
        parts=parts,
        split=options.split,
        images=options.images,
        count=options.count,
        negatives=None if options.negatives is None else options.negatives.expanduser(),
        random_seed=options.random_seed,
    )
    subject = apps.debug.Subject.of(options.run, store=options.store, device=options.device, side=options.side)
    command = shlex.join(["wsss", "debug", *arguments])
    name = "/".join(options.run.resolve().parts[-2:])  # runs of one experiment are numbered
    found = apps.debug.debug(subject, request, title=f"Debug of {name}", command=command)
    page = apps.findings.write_findings(
        options.out.expanduser(),
        found.page,
        name=apps.debug.NAME,
        head=apps.debug.head(subject, request, run=options.run),
        measures=found.measures,
    )
    for finding in found.page.worst[:SHOWN]:
        engine.console.print(f"{finding.level}: {finding.sentence}")
    engine.console.print(found.page.verdict)
    engine.console.print(str(page.absolute()))
    over = apps.findings.exceeded(limits, found.measures)
    for sentence in over:
        complain(f"wsss: {sentence}\n")
    if over:
        sys.exit(1)


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss debug", description=ABOUT, formatter_class=raw)
    add = parser.add_argument
    add("run", type=given_path, metavar="RUN", help="a run's folder: outputs/toy/1")
    add("--what", default=WHAT, metavar="PARTS", help=f"joined by commas, also leaks and tags (default: {WHAT})")
    add("--split", metavar="NAME", help="look at this split alone (default: at all, or at what was not learnt from)")
    add("--negatives", type=given_path, metavar="DIR", help="photographs that show no class: which are taken for one?")
    add("--fail-over", action="append", default=[], metavar="PART=NUMBER", help="exit with 1 where a part is over it")
    add("--images", type=int, default=IMAGES, metavar="N", help=f"erased images of each class (default: {IMAGES})")
    add("--count", type=int, default=COUNT, metavar="N", help=f"images to annotate (default: {COUNT})")
    add("--side", type=int, default=SIDE, metavar="PIXELS", help=f"shrink longer sides to it (default: {SIDE})")
    add("--random-seed", type=int, default=0, metavar="N", help="of the images that are chosen (default: 0)")
    add("--out", type=given_path, default=Path("debugged"), metavar="DIR", help="default: debugged")
    add("--store", type=given_path, metavar="DIR", help="where the run's store lies, if it was moved")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default: auto")
    return parser
