"""The process of a node where another scheduler chose the place: start it, wait for it, and end it with us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wsss.apps.sweep.child import GPUS
from wsss.apps.sweep.engine import told
from wsss.apps.sweep.graph import Node
from wsss.apps.sweep.node_folder import NodeFolder

ATTEMPTS: Final = 3
"""How often a node is begun whose process is killed."""
EVERY: Final = 0.05
"""Seconds between two looks at whether it has ended."""
PATIENCE: Final = 60.0
"""Seconds that it gets to end in order."""


@dataclass(frozen=True, kw_only=True)
class RemoteNode:
    """All that another machine needs to make a node; it sees the same files."""

    folder: Path
    directory: Path
    """Where the sweep was started: paths of a data set may begin there."""
    variables: Mapping[str, str]

    @classmethod
    def of(cls, node: Node, folder: NodeFolder, *, cores: int | None) -> "RemoteNode":
        """Describe a node."""
        hidden = not node.step.stage.takes_gpu and node.step.stage.runtime.device == "auto"
        variables = {**told(folder, cores=cores), **({GPUS: ""} if hidden else {})}
        return cls(folder=folder.path.absolute(), directory=Path.cwd(), variables=variables)


def make_remote(node: RemoteNode) -> int:
    """Make a node in a process of its own, here, and return its exit code; one that is killed is started again."""
    code = 0
    for _ in range(ATTEMPTS):
        code = _once(node)
        if code >= 0:
            break
    return code


def _once(node: RemoteNode) -> int:
    words = [sys.executable, "-m", "wsss.apps.sweep.child", str(node.folder), str(os.getpid())]
    with NodeFolder(path=node.folder).log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603, our own interpreter
            words,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **node.variables},
            cwd=node.directory,
            start_new_session=True,
        )
    try:
        while (code := process.poll()) is None:
            time.sleep(EVERY)  # Ray cancels a task between two lines of Python, and no call that waits
        return code
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
