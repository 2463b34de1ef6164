"""Give the run one input of the corpus, and see what it says, what comes out and what is lost."""

import io
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, redirect_stderr, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hydra.core.global_hydra import GlobalHydra
from toy_runs import SMALL, composed, contents

from wsss.__main__ import main
from wsss.data.index import Index
from wsss.engine.stage import read_index
from wsss.run.pipeline import run
from wsss.store.store import Artifact, Store

ODD = "it's data, 100 %"
"""The name of the folder in which every input lies."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A folder with an input in it and a store beside it, in which something was finished before."""

    folder: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """What is typed; where it is empty the config is run as it is, which saves composing it."""

    @property
    def root(self) -> Path:
        return self.folder / ODD

    @property
    def store(self) -> Store:
        return Store(root=Path(self.config["store"]) if self.config else self.folder / "store")

    def artifact(self, stage: str) -> Artifact:
        """What the run made of a stage."""
        (made,) = (each for each in self.store.artifacts(stage) if each.fingerprint != BEFORE)
        return made

    def index(self) -> Index:
        return read_index(self.artifact("index_data"))

    def run(self) -> "Ended":
        """Run it as a command, and return how it ended."""
        screen, errors = io.StringIO(), io.StringIO()
        front_door = patch("wsss.run.run_command", lambda _: run(self.config)) if self.config else nullcontext()
        GlobalHydra.instance().clear()
        with (
            patch.object(sys, "argv", ["wsss", "run", *(self.words or ("plan=false",))]),
            front_door,
            redirect_stdout(screen),
        ):
            try:
                with redirect_stderr(errors):
                    main()
            except SystemExit as end:
                return Ended(code=end.code, printed=screen.getvalue(), said=errors.getvalue())
        return Ended(code=0, printed=screen.getvalue(), said=errors.getvalue())


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit code, and what stood on the screen and among the errors."""

    code: object
    printed: str
    said: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input of the corpus."""

    name: str
    """What a person has, in words."""
    make: Callable[[Path], object] = Path.mkdir
    """Makes the input: a folder."""
    dataset: str = "folder"
    sets: Mapping[str, Any] = field(default_factory=dict)
    """Dotted keys of the composed config with their values; in texts `{root}` is that folder."""
    words: tuple[str, ...] = ()
    """Or a command line, composed by Hydra."""
    stages: tuple[str, ...] = ("index_data",)
    """The stages of the pipeline that are run."""
    fault: Callable[[], AbstractContextManager[object]] = nullcontext
    """What goes wrong meanwhile."""
    said: str = ""
    """What is said, as a regular expression: of a refusal the line, of what works a warning on the screen."""
    works: Callable[[Trial], object] | None = None
    """Checks what comes out; None for an input that is refused."""
    again: Callable[[Trial], Trial] | None = None
    """Changes something after a first run; what is looked at is then a second one."""
    after: Callable[[Trial], object] | None = None
    """Checks what is left, once the fault is gone."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a case."""

    trial: Trial
    ended: Ended
    lost: tuple[str, ...]
    """Files that were finished before, and are gone or changed."""


KEPT_UP_TO_DATE = ("log.txt", "root.txt", "digests.bin", "run.yaml")
"""Files that a second run writes again."""
BEFORE = "b" * 16
"""The fingerprint of what was finished before."""


def tried(case: Case, folder: Path) -> Outcome:
    """Make a case's input in a folder, run it and compare."""
    trial = Trial(folder=folder, config=_config(case, folder), words=tuple(_filled(w, folder) for w in case.words))
    _finish_something(Store(root=folder / "store").artifact("index_data", BEFORE))
    case.make(trial.root)
    if case.again is not None:
        first = trial.run()
        assert first.code == 0, first.said
        trial = case.again(trial)
    before = contents(folder)
    with case.fault():
        ended = trial.run()
    after = contents(folder)
    kept = {name for name in before if not name.endswith(KEPT_UP_TO_DATE)}
    return Outcome(trial=trial, ended=ended, lost=tuple(sorted(n for n in kept if after.get(n) != before[n])))


def _finish_something(artifact: Artifact) -> None:
    artifact.items.mkdir(parents=True)
    (artifact.items / "index.json").write_text("{}", encoding="utf-8")
    artifact.job.write_text("command: before\n", encoding="utf-8")
    artifact.complete(kind="masks", inputs={}, seconds=0.0, threads=1, summary={})


def _config(case: Case, folder: Path) -> dict[str, Any]:
    if case.words:
        return {}
    config = deepcopy(_composed(case.dataset))
    config["pipeline"] = {name: node if name in case.stages else None for name, node in config["pipeline"].items()}
    places = {"store": str(folder / "store"), "out": str(folder / "out")}
    for key, value in {**places, "dataset.root": "{root}", **case.sets}.items():
        if case.dataset != "toy" or key != "dataset.root":
            _set(config, key.replace("dataset.", "pipeline.index_data.dataset.", 1), _filled(value, folder))
    return config


@cache
def _composed(dataset: str) -> dict[str, Any]:
    small = [word for word in SMALL if dataset == "toy" or not word.startswith("dataset.")]
    return composed(*small, f"dataset={dataset}", "name=corpus", small=False)


def _set(config: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for name in path:
        config = config[name]
    assert last in config, key
    config[last] = value


def _filled(value: Any, folder: Path) -> Any:
    return value.replace("{root}", str(folder / ODD)) if isinstance(value, str) else value
