"""A stage's `log.txt`: what it was asked, how it went on, what it was warned of, and how it ended."""

import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import torch

from wsss.engine.processes import World
from wsss.engine.progress import console
from wsss.signals import Ended

logger: Final = logging.getLogger("wsss")
"""Everything that a person may want to read later; warnings are shown at once as well."""
FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


class Screen(logging.Handler):
    """Shows warnings, each on a line of its own above a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging`."""
        console.print(f"warning: {record.getMessage()}")


@contextmanager
def log_to(folder: Path, *, world: World, title: str) -> Iterator[None]:
    """Append to `log.txt` in a folder until the end, warnings of all packages included; every worker has its file.

    An error is written with its traceback, and goes on its way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = "log.txt" if world.rank == 0 else f"log.{world.rank}.txt"
    file = logging.FileHandler(folder / name, encoding="utf-8")
    file.setFormatter(logging.Formatter(FORMAT))
    screen = Screen(level=logging.WARNING)
    every = [logger, logging.getLogger("py.warnings")]
    before = logger.level
    _set_level(logging.INFO)
    logging.captureWarnings(capture=True)
    for each in every:
        each.addHandler(file)
    logger.addHandler(screen)
    try:
        logger.info("%s; %s", title, _here(world))
        yield
        logger.info("finished")
    except BaseException as error:
        signal = Ended.behind(error)
        logger.info("%s", signal or f"ended by {type(error).__name__}", exc_info=True)
        raise
    finally:
        logging.captureWarnings(capture=False)
        for each in every:
            each.removeHandler(file)
        logger.removeHandler(screen)
        _set_level(before)
        file.close()


def _set_level(level: int) -> None:
    """Set the level if it differs: a change makes `logging` clear the caches of thousands of loggers."""
    if logger.level != level:
        logger.setLevel(level)


def _here(world: World) -> str:
    return (
        f"worker {world.rank + 1} of {world.size}, process {os.getpid()} on {platform.node()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )
