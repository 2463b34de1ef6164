"""The process of a node: make one artifact from the job in the node's folder.

`python -m wsss.apps.sweep.child FOLDER PARENT` is what an engine starts, with its own process id.
"""

import os
import platform
import sys
from pathlib import Path
from typing import Final

from wsss.apps.sweep.node_folder import NodeFolder
from wsss.config.build import build
from wsss.engine.processes import end_with_parent
from wsss.engine.stage import Stage
from wsss.errors import WsssError, first_line
from wsss.run.launch import Launcher
from wsss.run.pipeline import held
from wsss.run.worker import MISTAKE
from wsss.signals import Ended, ended_by_signals
from wsss.store.jobs import write_job
from wsss.store.store import Store

GPUS: Final = "CUDA_VISIBLE_DEVICES"


def make_node(folder: NodeFolder) -> None:
    """Make the artifact of a node unless it is there, with the launcher of its run."""
    node = folder.job()
    artifact = Store.at(node.store).artifact(node.job.stage, node.job.fingerprint)
    launcher = build(node.launcher, Launcher, key="launcher")  # type: ignore[type-abstract]
    stage = build(node.job.config, Stage, key=f"pipeline.{node.job.stage}")  # type: ignore[type-abstract]
    gpus = os.environ.get(GPUS)
    folder.say_where(host=platform.node(), device=f"gpu {gpus}" if gpus else stage.runtime.torch_device().type)
    with held(artifact):
        if artifact.state() == "cached":
            return
        artifact.sweep()
        write_job(artifact, node.job)
        with launcher.open() as crew:
            crew.launch(artifact.job, stage=stage)


def main() -> None:
    """Be a process of its own for a node."""
    end_with_parent(int(sys.argv[2]))
    work(NodeFolder(path=Path(sys.argv[1])))


def work(folder: NodeFolder) -> None:
    """Make a node and exit; a failure is left in its folder, in a line, and its traceback in its log."""
    try:
        with ended_by_signals():
            make_node(folder)
    except WsssError as error:
        folder.say_failed(str(error))
        sys.exit(MISTAKE)
    except Ended as error:
        sys.exit(error.exit_code)
    except Exception as error:
        folder.say_failed(f"{type(error).__name__} was not foreseen: {first_line(error)}")
        raise


if __name__ == "__main__":
    main()
