"""An attack on a finished run: what is written into a copy of it, and what is to be said of that."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from toy_runs import Run

Make = Callable[[Run], object]
UNHARMED = "artifacts are as they were made"
"""What `wsss store verify` says of a store that an attack leaves as it was."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One copy of a run with one thing wrong."""

    name: str
    make: Make
    said: str
    """What `wsss store` or `predict` says of it, as a regular expression."""


def only(run: Run, stage: str, name: str) -> Path:
    """The one file of that name that a stage made."""
    (path,) = (run.store / stage).glob(f"*/{name}")
    return path


def rewritten(stage: str, name: str, content: str | bytes) -> Make:
    """Put other content in place of a file."""
    data = content.encode() if isinstance(content, str) else content
    return lambda run: only(run, stage, name).write_bytes(data)


def in_json(stage: str, name: str, change: Callable[[Any], object]) -> Make:
    """Change what a JSON file holds."""

    def make(run: Run) -> None:
        path = only(run, stage, name)
        content = json.loads(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(json.dumps(content), encoding="utf-8")

    return make


def in_run(change: Callable[[Any], object]) -> Make:
    """Change what `run.yaml` holds."""

    def make(run: Run) -> None:
        path = run.out / "run.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    return make
