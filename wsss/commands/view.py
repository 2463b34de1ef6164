"""`wsss view RUN`: a page to browse a finished run's images, maps, masks and findings."""

import argparse
from collections.abc import Sequence
from typing import Final

from wsss import engine
from wsss.apps import view
from wsss.apps.given import given_path

ABOUT: Final = """\
Browse a run: its images with their maps, masks and truth, and what `wsss debug` and `wsss data audit` found, by class,
split, score and finding; accept suspicious tags with a tick, which is written into the table for `wsss data fix`.

  wsss view outputs/toy/1
  wsss view outputs/toy/1 --findings audit debugged --port 8080

Open the address that is printed; Ctrl-C ends it. Only browsers of this machine can see the page: over SSH forward the
port (ssh -L 8080:127.0.0.1:8080). Keys: arrows for the next image, 1 to 9 for its pictures, Enter, Escape, a to accept.
"""


def main(arguments: Sequence[str]) -> None:
    """Serve the page; raises a `WsssError` where there is no run, or the port is taken."""
    options = argument_parser().parse_args(arguments)
    findings = [path.expanduser() for path in options.findings]
    gallery = view.Gallery.of(options.run.expanduser(), store=options.store, findings=findings)
    viewer = view.Viewer(gallery=gallery, port=options.port)
    engine.console.print(f"{viewer.address}  (Ctrl-C ends it)")
    viewer.serve()


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss view", description=ABOUT, formatter_class=raw)
    add = parser.add_argument
    add("run", type=given_path, metavar="RUN", help="a run's folder: outputs/toy/1")
    add(
        "--findings",
        type=given_path,
        nargs="+",
        action="extend",
        default=[],
        metavar="PATH",
        help="folders or files of debug.json and audit.json (default: those in the run's folder)",
    )
    add("--port", type=int, default=0, help="default: any that is free")
    add("--store", type=given_path, metavar="DIR", help="where the run's store lies, if it was moved")
    return parser
