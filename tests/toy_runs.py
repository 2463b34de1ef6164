"""Real runs of the whole pipeline, on drawn scenes so small that a session can afford one."""

import io
import shutil
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from builders import write_scores
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from PIL import Image

from wsss.config.compose import resolved
from wsss.config.search import config_folder
from wsss.data.index import Index, Record
from wsss.engine.stage import Job
from wsss.models.base import PlannedNetworks
from wsss.run.pipeline import run
from wsss.run.plan import Step, make_plan, networks_read
from wsss.store.files import MASK, SCORES, item_name, write_mask
from wsss.store.jobs import FrozenJob, write_job
from wsss.store.kinds import INDEX, MASKS, NETWORK, RAW_MAPS, Kind
from wsss.store.store import Artifact, Store
from wsss.testing.stages import SMALL, contents
from wsss.types import ScoreMaps, Size

__all__ = ["SMALL", "contents"]


def limited(stage: str, *, epochs: int = 1, batch_size: int = 4) -> str:
    """The override that holds one training to other limits than the rest."""
    limits = f"_target_: wsss.training.options.Limits, epochs: {epochs}, batch_size: {batch_size}, side: 64"
    return f"pipeline.{stage}.limits={{{limits}}}"


def composed(*overrides: str, small: bool = True) -> dict[str, Any]:
    """The config of a command line, resolved."""
    own = any(override.startswith("segmenter=") for override in overrides)
    shrinking = [each for each in SMALL if not (own and each.lstrip("+").startswith("segmenter"))]
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        return resolved(compose("run", overrides=[*(shrinking if small else ()), *overrides]))


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run: leave its store alone, and change a copy."""

    store: Path
    out: Path
    printed: str

    @property
    def overrides(self) -> tuple[str, ...]:
        return f"store='{self.store}'", f"out='{self.out}'"

    def plan(self, *overrides: str) -> dict[str, Step]:
        """The steps of such a run, unchecked, since checks take seconds."""
        return dict(_plan(self.store, overrides))

    def copied(self, folder: Path) -> "Run":
        """The same in another place, where artifacts may be torn apart."""
        shutil.copytree(self.store, folder / "store")
        return Run(store=folder / "store", out=folder / "out", printed="")

    def again(self, *overrides: str) -> str:
        """Run once more, and return what was printed."""
        return finished(self.store, self.out, overrides).printed


def networks_of(plan: Mapping[str, Step], name: str) -> PlannedNetworks:
    """The networks that a stage of a plan will read, by role."""
    stages = {each: step.stage for each, step in plan.items()}
    return networks_read(stages, {each: stage.inputs for each, stage in stages.items()})[name]


@cache
def _plan(store: Path, overrides: tuple[str, ...]) -> dict[str, Step]:
    with patch("wsss.run.plan.check_all"):
        steps = make_plan(deepcopy(_pipeline(overrides)), store=Store.at(store))
    return {step.name: step for step in steps}


@cache
def _pipeline(overrides: tuple[str, ...]) -> dict[str, Any]:
    """The composed pipeline, wherever its store is: to compose costs as much as many a test."""
    pipeline: dict[str, Any] = composed(*overrides)["pipeline"]
    return pipeline


def finished(store: Path, out: Path, overrides: Sequence[str] = ()) -> Run:
    """Run everything in this process."""
    made = Run(store=store, out=out, printed="")
    screen = io.StringIO()
    with redirect_stdout(screen):
        run(composed(*made.overrides, *overrides))
    return Run(store=store, out=out, printed=screen.getvalue())


def made(
    artifact: Artifact,
    kind: Kind,
    *,
    summary: Mapping[str, Any] | None = None,
    oracle: bool = False,
    **inputs: Artifact,
) -> Artifact:
    """Complete an artifact that was written by hand."""
    freeze(artifact)
    prints = {role: each.fingerprint for role, each in inputs.items()}
    artifact.complete(kind=kind.name, inputs=prints, seconds=0.0, threads=1, summary=summary or {}, oracle=oracle)
    return artifact


def freeze(
    artifact: Artifact, *, command: str = "by hand", config: dict[str, Any] | None = None, **inputs: Artifact
) -> None:
    """Write the job of an artifact that no stage makes."""
    prints = {role: (each.stage, each.fingerprint) for role, each in inputs.items()}
    job = FrozenJob(
        stage=artifact.stage,
        fingerprint=artifact.fingerprint,
        command=command,
        inputs=prints,
        outside=(),
        config=config or {},
    )
    write_job(artifact, job)


def drawn_index(store: Store, masks: Mapping[str, list[list[int]] | None], **splits: Sequence[str]) -> Artifact:
    """An index of grey images of cats (1) and dogs (2), named and with the true masks as given; None: 2 x 3 pixels."""
    artifact = store.artifact("index_data", "0" * 16)
    records = []
    for image_id, rows in masks.items():
        mask = np.array(rows or [[0] * 3] * 2, dtype=np.uint8)
        name = item_name(image_id, MASK)
        for folder in ("images", "masks"):
            (artifact.items / folder).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((*mask.shape, 3), 128, dtype=np.uint8)).save(artifact.items / "images" / name)
        Image.fromarray(mask).save(artifact.items / "masks" / name)
        records.append(
            Record(
                id=image_id,
                image=f"images/{name}",
                size=Size(height=mask.shape[0], width=mask.shape[1]),
                classes=tuple(sorted({int(label) - 1 for label in mask.flat if 0 < label < 255})),
                mask=f"masks/{name}" if rows else None,
                digest=f"{image_id} {mask.shape}",
            )
        )
    splits = splits or {"train": tuple(masks)}
    index = Index.of(records, classes=("cat", "dog"), splits=splits, root=artifact.items)
    (artifact.items / "index.json").write_text(index.to_json(), encoding="utf-8")
    (artifact.path / "root.txt").write_text(".", encoding="utf-8")
    return made(artifact, INDEX)


def drawn_masks(
    store: Store,
    stage: str,
    masks: Mapping[str, list[list[int]]],
    /,
    *,
    splits: Sequence[str] = ("train",),
    oracle: bool = False,
    fingerprint: str = "1" * 16,
    **inputs: Artifact,
) -> Artifact:
    """An artifact of masks as given."""
    artifact = store.artifact(stage, fingerprint)
    artifact.items.mkdir(parents=True)
    for image_id, rows in masks.items():
        write_mask(artifact.items / item_name(image_id, MASK), np.array(rows, dtype=np.uint8))
    return made(artifact, MASKS, summary={"splits": splits}, oracle=oracle, **inputs)


def drawn_maps(
    store: Store,
    stage: str,
    maps: Mapping[str, ScoreMaps],
    /,
    *,
    kind: Kind = RAW_MAPS,
    fingerprint: str = "2" * 16,
    **inputs: Artifact,
) -> Artifact:
    """An artifact of score maps as given."""
    artifact = store.artifact(stage, fingerprint)
    artifact.items.mkdir(parents=True)
    for image_id, scores in maps.items():
        write_scores(artifact.items / item_name(image_id, SCORES), scores)
    return made(artifact, kind, summary={"splits": ["train"]}, **inputs)


def drawn_network(store: Store, stage: str, *, fingerprint: str = "3" * 16, **inputs: Artifact) -> Artifact:
    """An artifact of a network without its weights."""
    artifact = store.artifact(stage, fingerprint)
    artifact.path.mkdir(parents=True)
    return made(artifact, NETWORK, **inputs)


def job(store: Store, stage: str, **inputs: Artifact) -> Job:
    """What a stage gets when it runs."""
    return Job(artifact=store.artifact(stage, "f" * 16), inputs=inputs, command="wsss run")
