"""Warm processes: forked from a server that has imported everything, they make nodes one after the other."""

import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

import torch

from wsss.apps.sweep.child import GPUS, work
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.engine.log import logger
from wsss.engine.pool import served
from wsss.engine.processes import end_with_parent
from wsss.signals import postponed

PRELOADED: Final = (
    *("wsss.apps.sweep.child", "wsss.training.trainer", "wsss.stages.report"),
    *("segmentation_models_pytorch", "timm"),
)
"""Imported once by the server that forks the processes: they take seconds."""
LONG: Final = 60.0
"""Seconds of a node after which its process ends as well: a new one costs little beside them, and memory is freed."""
PATIENCE: Final = 60.0
"""Seconds that a process gets to end in order."""


class Warm:
    """A process that waits for nodes, and ends with the first that fails; its cores and GPUs are those of all."""

    def __init__(self, *, cores: int | None, gpus: str | None) -> None:
        self.gpus = gpus
        """What `CUDA_VISIBLE_DEVICES` is there; None where it is as in this process."""
        self._stays = True
        self._channel, theirs = multiprocessing.Pipe()
        # Only a process of this context has its `start`.
        self._process: BaseProcess = served(PRELOADED).Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, cores, gpus, multiprocessing.get_start_method())
        )
        with postponed():
            self._process.start()
        theirs.close()

    def make(self, folder: NodeFolder, variables: Mapping[str, str]) -> None:
        """Begin with the node of a folder, with more variables in the environment."""
        with suppress(OSError):  # it was killed while it waited: `code` says so
            self._channel.send((folder, dict(variables)))

    def code(self) -> int | None:
        """Return 0 where the node is made, None while it is at work, and the exit code where the process has ended."""
        if self._channel.poll():
            try:
                self._stays = self._channel.recv()
            except (EOFError, OSError):
                self._process.join(PATIENCE)
            else:
                return 0
        return self._process.exitcode

    @property
    def waits(self) -> bool:
        """Whether it can be given another node, once it has said that the one before is made."""
        return self._stays and self._process.exitcode is None

    @property
    def signs(self) -> tuple[Connection, int]:
        """What is ready as soon as `code` has something to say, for `multiprocessing.connection.wait`."""
        return self._channel, self._process.sentinel

    def terminate(self) -> None:
        """Let it end in order, without waiting for it."""
        self._process.terminate()

    def join(self) -> None:
        """Wait until it has ended; one that does not end in order is killed."""
        self._channel.close()
        self._process.join(PATIENCE)
        self._process.kill()


def _serve(channel: Connection, cores: int | None, gpus: str | None, method: str) -> None:
    """Make nodes as they come, in a session of its own: a terminal's Ctrl-C is for the parent to hand on."""
    if sys.platform != "win32":
        os.setsid()
    end_with_parent()
    if gpus is not None:
        os.environ[GPUS] = gpus
    multiprocessing.set_start_method(method, force=True)  # as in a process that no server started
    logger.setLevel(logging.INFO)  # as each stage does: a change of the level takes a millisecond
    if cores is not None:
        torch.set_num_threads(cores)
    with suppress(EOFError):
        while True:
            folder, variables = channel.recv()
            os.environ |= variables
            begun = time.monotonic()
            _print_to(folder)
            work(folder)  # which ends the process where it fails
            sys.stdout.flush()
            stays = time.monotonic() - begun <= LONG
            channel.send(stays)
            if not stays:
                return


def _print_to(folder: NodeFolder) -> None:
    with folder.log.open("ab") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
