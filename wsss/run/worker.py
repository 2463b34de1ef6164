"""A worker: make one artifact from its frozen config. It instantiates and never composes.

`python -m wsss.run.worker stage.yaml` is what a launcher starts for every process of a stage.
"""

import sys
import time
from pathlib import Path
from typing import Any

import yaml

from wsss.artifacts.formats import write_text
from wsss.artifacts.store import Artifact, Store
from wsss.run.build import build
from wsss.run.plan import Step
from wsss.stages.base import Job, Stage
from wsss.stages.shard import rank_and_world


def freeze(step: Step, *, command: str) -> Path:
    """Write the job of a step: its resolved config, and what it reads."""
    step.artifact.path.mkdir(parents=True, exist_ok=True)
    job = {
        "stage": step.name,
        "fingerprint": step.artifact.fingerprint,
        "command": command,
        "inputs": {role: [artifact.stage, artifact.fingerprint] for role, artifact in step.inputs.items()},
        "config": step.config,
    }
    write_text(step.artifact.job, yaml.safe_dump(job, sort_keys=False, allow_unicode=True))
    return step.artifact.job


def work(path: Path) -> None:
    """Run the stage of a frozen job and complete its artifact; an artifact that is complete is left as it is."""
    frozen = yaml.safe_load(path.read_text(encoding="utf-8"))
    store = Store(root=path.parents[2])
    artifact = store.artifact(frozen["stage"], frozen["fingerprint"])
    if artifact.state() == "cached":
        return
    inputs = {role: store.artifact(*where) for role, where in frozen["inputs"].items()}
    stage = build(frozen["config"], Stage, key=f"pipeline.{frozen['stage']}")  # type: ignore[type-abstract]
    started = time.monotonic()
    summary = stage.run(Job(artifact=artifact, inputs=inputs, command=frozen["command"]))
    if rank_and_world()[0] == 0:
        _complete(artifact, inputs, seconds=time.monotonic() - started, summary=summary)


def _complete(artifact: Artifact, inputs: dict[str, Artifact], *, seconds: float, summary: dict[str, Any]) -> None:
    prints = {role: each.fingerprint for role, each in inputs.items()}
    artifact.complete(inputs=prints, seconds=seconds, summary=summary)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
