"""Finished runs that a store knows: the same command again says what it made, and opens no stage for that.

A note stands for one config, in one folder, under one environment. It holds as long as the code, the files outside the
store, and all that the run left are as they were; where anything differs, the run is planned anew.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from wsss.config.build import build
from wsss.config.recorded import targets_in
from wsss.data.files_below import files_below
from wsss.data.layouts.base import Layout
from wsss.errors import DataError, StoreError
from wsss.run.names import RECORD, REPORT, SCORES, SHEETS
from wsss.run.scores import scores_among, value_of
from wsss.run.screen import Row, show_cached, show_outcome, show_plan, show_versions
from wsss.store.digests import Digests, state_of
from wsss.store.disk_errors import writing
from wsss.store.fingerprint import CODE, contents
from wsss.store.jobs import FrozenOutside
from wsss.store.results import PLACES, ROOT
from wsss.store.schema import Fingerprint, StageName, Strict
from wsss.store.sources import Outside
from wsss.store.stamp import stamp
from wsss.store.store import Artifact, Store
from wsss.store.texts import read_json, write_json

FORMAT: Final = 1
"""Version of what is written here."""
OWN: Final = "wsss."
"""How the names of the package's own classes begin: what others compute, or look for on disk, is not foreseen."""
ENVIRONMENT: Final = ("HOME", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS")
"""Variables by which a launcher refuses to start, or a path is another one."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a finished run made, and where."""

    store: Store
    folder: Path
    artifacts: tuple[Artifact, ...]
    """In the order in which the stages ran."""
    reads: tuple[tuple[str, ...], ...]
    """Names of the stages that each reads."""
    outside: tuple[Outside, ...]
    """Files outside the store on which any stage depends."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run: its folder, what it made or found there, and the score that `objective` names."""

    folder: Path
    artifacts: tuple[Artifact, ...]
    objective: float | None


class _Note(Strict):
    """What is remembered of a run that has ended."""

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    stamp: str
    folder: str
    stages: tuple[tuple[StageName, Fingerprint, tuple[StageName, ...]], ...]
    """Name, fingerprint, and what each reads."""
    outside: tuple[FrozenOutside, ...]
    data: dict[str, dict[str, list[str]]]
    files: dict[str, list[int]]


def note(known: Known, config: Mapping[str, Any]) -> None:
    """Remember a run that has just ended, unless a class or a network from outside the package takes part in it."""
    outside = any(each.key.endswith(CODE) for each in known.outside)
    if outside or not all(target.startswith(OWN) for target in targets_in(config)):
        return
    written = _Note(
        format=FORMAT,
        stamp=stamp(),
        folder=str(known.folder.absolute()),
        stages=tuple(
            (each.stage, each.fingerprint, reads) for each, reads in zip(known.artifacts, known.reads, strict=True)
        ),
        outside=tuple(each.frozen() for each in known.outside),
        data=_data(config),
        files=_files(known),
    )
    place = _place(config, known.store)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_json(place, written.model_dump(mode="json"))


def known_run(config: Mapping[str, Any]) -> Known | None:
    """Return the finished run of a config, None where there was none or anything may have changed since."""
    store = Store.at(str(config["store"]))
    place = _place(config, store)
    if config["rehash"] or not place.is_file():
        return None
    try:
        written = read_json(place, _Note)
        if written.stamp != stamp() or written.data != _data(config):
            return None
        known = _known(written, store)
        return known if written.files == _files(known) and _unchanged(known) else None
    except (DataError, StoreError):  # torn, or a run that is planned says what it is
        return None


def repeat(known: Known, config: Mapping[str, Any]) -> Outcome | None:
    """Say what a run says where everything is there, and return its outcome; `plan=true` shows its plan."""
    if not config["plan"]:
        with writing(known.store.root):
            known.store.remember(known.folder)
    show_versions(artifact.manifest() for artifact in known.artifacts)
    if config["plan"]:
        show_plan(
            [
                Row(stage=each.stage, fingerprint=each.fingerprint, state="cached", reads=reads)
                for each, reads in zip(known.artifacts, known.reads, strict=True)
            ]
        )
        return None
    show_cached(len(known.artifacts))
    scores = scores_among(known.artifacts)
    show_outcome(known.folder, scores)
    objective = value_of(config["objective"], scores)
    return Outcome(folder=known.folder, artifacts=known.artifacts, objective=objective)


def _place(config: Mapping[str, Any], store: Store) -> Path:
    """Return where the note of a config lies; `plan` alone changes nothing of it."""
    rest = {key: value for key, value in config.items() if key != "plan"}
    # Keys are not sorted: the order of refiners counts.
    parts = [rest, str(Path.cwd()), [os.environ.get(name) for name in ENVIRONMENT]]
    return store.finished / f"{hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]}.json"


def _known(written: _Note, store: Store) -> Known:
    return Known(
        store=store,
        folder=Path(written.folder),
        artifacts=tuple(store.artifact(name, fingerprint) for name, fingerprint, _ in written.stages),
        reads=tuple(reads for _, _, reads in written.stages),
        outside=tuple(Outside.of(each) for each in written.outside),
    )


def _unchanged(known: Known) -> bool:
    """Whether files outside the store are as they were read, by their sizes and times alone, and none is gone."""
    digests = Digests(known.store.digests)
    return all(digests.known(each.sources) == each.digest for each in known.outside)


def _data(config: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Return what data sets read today, by the stage that names them: a layout may find more than it did."""
    nodes = {name: node["dataset"] for name, node in config["pipeline"].items() if node and node.get("dataset")}
    layouts = {name: build(node, Layout) for name, node in nodes.items()}  # type: ignore[type-abstract]
    return {
        name: {key: [str(path) for path in paths] for key, paths in contents(layout).items()}
        for name, layout in layouts.items()
    }


def _files(known: Known) -> dict[str, list[int]]:
    """Return the state of every file that a cached run reads or would write again."""
    folder, sheets = known.folder.absolute(), known.folder.absolute() / SHEETS
    paths = [folder / RECORD, folder / SCORES, folder / REPORT, *(files_below(sheets) if sheets.is_dir() else ())]
    for artifact in known.artifacts:
        paths += [
            artifact.manifest_path,
            artifact.path / ROOT,
            artifact.path / PLACES,
            artifact.items / SCORES,
            artifact.items / REPORT,
        ]
    return {str(path): state_of(path) for path in paths if path.is_file()}
