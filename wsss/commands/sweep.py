"""`wsss sweep NAME`: many runs as one graph of stages."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from wsss.apps import sweep
from wsss.apps.given import given_path
from wsss.config.search import OPTION, config_folders
from wsss.config.words import check_words
from wsss.engine import console
from wsss.engine.streams import complain
from wsss.errors import ConfigError, printable

LIST: Final = "ls"
ABOUT: Final = """\
Run every combination of values that commas separate, as one graph of stages: what several runs need is made once.

  wsss sweep seeds experiment=toy random_seed=0,1,2 cam=cam,fgcam       six runs, one stage after the other
  wsss sweep seeds experiment=toy random_seed=0,1,2 cam=cam,fgcam jobs=2     two stages at once
  wsss sweep seeds experiment=toy random_seed=0,1,2 plan=true           what would be made
  wsss sweep seeds experiment=toy random_seed=0,1,2 ray.address=auto    stages as tasks of a Ray cluster
  wsss sweep seeds experiment=toy random_seed=0,1,2 slurm.cluster=slurm slurm.minutes=120    each stage a job of SLURM
  wsss sweep rates experiment=toy search=optuna trials=30 objective=train_classifier/val/map \\
    'fit.classifier.learning_rate=tag(log,interval(0.001,0.1))'         runs that Optuna chooses; seeds=3 for means
  wsss sweep ls seeds                                                   how far it is; --watch looks again and again
  wsss sweep ls                                                         the sweeps that there are

The same command goes on where a sweep stopped, whatever stopped it. A stage that fails takes with it what depends on
it; the rest goes on, and the exit code is 1. Runs are folders of outputs/sweeps/NAME, as those of `wsss run`.
"""


def main(arguments: Sequence[str]) -> None:
    """Make a sweep, or list it; raises `ConfigError` for words that are neither names nor overrides."""
    options = argument_parser().parse_intermixed_args(arguments)
    if options.name != LIST:
        if options.watch:
            raise ConfigError(["--watch belongs to `wsss sweep ls NAME`"])
        folders = config_folders(options.config_dir)
        check_words(options.words, folders)
        where = [] if options.config_dir is None else [OPTION, str(options.config_dir)]
        if failed := sweep.make_sweep(options.name, [*options.words, *where]):
            complain("".join(f"wsss: {printable(problem)}\n" for problem in failed))
            sys.exit(1)
    elif not options.words:
        console.print("\n".join(sweep.names_of_sweeps()) or "there is no sweep here yet")
    else:
        for name in options.words:
            sweep.list_sweep(name, watch=options.watch)


def argument_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="wsss sweep", description=ABOUT, formatter_class=raw)
    add = parser.add_argument
    add("name", metavar="NAME", help="of the sweep, whose folder is outputs/sweeps/NAME; or ls")
    add("words", nargs="*", metavar="key=value", help="as of `wsss run`; commas separate values")
    add("--watch", action="store_true", help="of ls: look again until all is done")
    add(OPTION, type=given_path, metavar="DIR", help="a folder of configs of your own, as of `wsss run`")
    return parser
