"""The contract of stages: an artifact says what it is, and the same comes out again after an interruption."""

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from wsss.config.compose import composed, resolved, searching
from wsss.config.search import config_folders
from wsss.engine.fit import Fit
from wsss.engine.map import Map
from wsss.engine.stage import read_index
from wsss.paths import remove
from wsss.run.launch import Here
from wsss.run.pipeline import make
from wsss.run.plan import Step, build_stages, make_plan
from wsss.store.fingerprint import LENGTH
from wsss.store.jobs import read_job, write_job
from wsss.store.logits import FOLDER
from wsss.store.store import Artifact, Store

Plan = Callable[..., Mapping[str, Step]]
"""Returns the steps of a run whose artifacts are there, by name; its arguments are further overrides."""
Promise = Callable[[str, Plan], None]

SMALL: Final = (
    *("dataset.train=8", "dataset.val=4", "dataset.size=64"),
    *("classifier.backbone=mobilenetv3_small_050", "classifier.weights=none", "classifier.output_stride=32"),
    *("segmenter=unet", "segmenter.encoder=tu-mobilenetv3_small_050"),
    "+segmenter.options.decoder_channels=[16, 16, 8, 8, 4]",
    *("limits.epochs=1", "limits.batch_size=4", "limits.side=64"),
    "fit.classifier.transform.long_side=[512, 640]",  # at a side of 64: 64 to 80 pixels
    "views.scales=[1.0, 0.5]",
    "refine=crf",
    *("runtime.device=cpu", "runtime.workers=1"),
)
"""A run of the whole pipeline on twelve drawn images, in half a minute."""


def check_stage(name: str, *overrides: str) -> None:
    """Raise an `AssertionError` at the first promise that a stage of the pipeline breaks.

    `overrides` add it to the pipeline, as on the command line of `wsss run`: `stages=mine`. What it reads is made
    before, on twelve drawn images, in a folder that is then gone.
    """
    with TemporaryDirectory() as folder:

        def plan(*more: str) -> Mapping[str, Step]:
            return _planned((*SMALL, *overrides, *more), Path(folder))

        for step in plan().values():
            make(step, crew=Here())
            if step.name == name:
                break
        for promise in promises_of(plan()[name]):
            promise(name, plan)


def promises_of(step: Step) -> tuple[Promise, ...]:
    """Return what a stage of this shape promises."""
    match step.stage:
        case Map():
            return (
                an_artifact_says_what_it_is,
                a_map_makes_one_item_an_image,
                an_interrupted_map_goes_on_to_the_same_bytes,
                the_number_of_workers_changes_no_byte,
                unchanged_images_keep_their_items,
                unchanged_images_keep_their_items_in_packs,
            )
        case Fit():
            return an_artifact_says_what_it_is, a_fit_gives_the_same_weights_again
        case _:
            return (an_artifact_says_what_it_is,)


def an_artifact_says_what_it_is(name: str, plan: Plan) -> None:
    """It holds its items, a manifest, its frozen config and a log, and nothing unfinished."""
    step = plan()[name]
    assert step.artifact.state() == "cached", f"the artifact is {step.artifact.state()}"
    manifest = step.artifact.manifest()
    inputs = {role: artifact.fingerprint for role, artifact in step.inputs.items()}
    assert manifest.inputs == inputs, f"the manifest names other inputs: {manifest.inputs}"
    assert manifest.seconds > 0, "the manifest does not say how long it took"
    strange = {Path(file).parts[0] for file in manifest.files} - {"items", "history.csv"}
    assert not strange, f"files lie beside the items: {', '.join(sorted(strange))}"
    assert any(step.artifact.items.iterdir()), "there are no items"
    frozen = read_job(step.artifact.job)
    assert frozen.config == step.config, "the frozen config is another one"
    assert frozen.fingerprint == step.artifact.fingerprint, "the frozen fingerprint is another one"
    assert not list(step.artifact.path.rglob(".*")), "a write was left unfinished"
    assert "finished" in (step.artifact.path / "log.txt").read_text(encoding="utf-8"), "the log has no end"


def a_map_makes_one_item_an_image(name: str, plan: Plan) -> None:
    """Every image of its splits has a file of the stage's kind, and there are no others."""
    step = plan()[name]
    stage: Any = step.stage
    index = read_index(step.inputs["index"])
    records = index.union(stage.splits)
    items = stage.makes.items(step.artifact, index)
    assert sorted(items.names()) == sorted(map(items.name, records)), "items and images do not agree"
    summary = step.artifact.manifest().summary
    assert (summary["images"], summary["made"]) == (len(records), len(records)), f"the summary says {summary}"


def an_interrupted_map_goes_on_to_the_same_bytes(name: str, plan: Plan) -> None:
    """Of what is there, only what shares a batch with something that is missing is made again."""
    step = plan()[name]
    before = contents(step.artifact.items)
    lost = sorted(before)[1]
    remake(step, keep=[item for item in before if item != lost])
    assert contents(step.artifact.items) == before, "other bytes after an interruption"
    made = step.artifact.manifest().summary["made"]
    assert 1 <= made < len(before), f"{made} items were made again where one was missing"


def the_number_of_workers_changes_no_byte(name: str, plan: Plan) -> None:
    """A result does not depend on how the work was shared."""
    step = plan("runtime.workers=2")[name]
    before = contents(step.artifact.items)
    remake(step)
    assert contents(step.artifact.items) == before, "two workers made other bytes than one"


def unchanged_images_keep_their_items(name: str, plan: Plan) -> None:
    """Where one image changes, items of others are taken over, if `items_stand_alone`: as they would be made."""
    step = plan()[name]
    if _stand_alone(step):
        _keep_their_items(step)


def unchanged_images_keep_their_items_in_packs(name: str, plan: Plan) -> None:
    """The same, where they lie in packs, which are the same to the last byte."""
    step = plan("runtime.pack=3")[name]
    if _stand_alone(step):
        remake(step)
        _keep_their_items(step)


def _stand_alone(step: Step) -> bool:
    assert isinstance(step.stage, Map), f"{step.name} is not a Map stage"
    return step.stage.items_stand_alone


def _keep_their_items(step: Step) -> None:
    store = Store(root=step.artifact.root)
    index, alone, taken = artifacts = (
        store.artifact("index_data", "c" * LENGTH),
        store.artifact(step.name, "a" * LENGTH),
        store.artifact(step.name, "b" * LENGTH),
    )
    try:
        _copy_with_another_image(step.inputs["index"], index)
        other = replace(step, inputs={**step.inputs, "index": index})
        make(replace(other, artifact=alone, identity="0" * LENGTH), crew=Here())  # of which there is none before
        make(replace(other, artifact=taken), crew=Here())
        made = [artifact.manifest().summary["made"] for artifact in (alone, taken)]
        same = contents(alone.items) == contents(taken.items)
    finally:
        for artifact in artifacts:
            remove(artifact.path)
    assert same, "an item that is taken over is not what would be made: say items_stand_alone = False"
    assert made[1] < made[0], "no item is taken over"


def a_fit_gives_the_same_weights_again(name: str, plan: Plan) -> None:
    """Randomness is a function of the seed; nothing is left to go on from."""
    step = plan()[name]
    before, summary = _tensors(step.artifact.items), step.artifact.manifest().summary
    logits = contents(step.artifact.items / FOLDER)
    remake(step)
    after = _tensors(step.artifact.items)
    assert contents(step.artifact.items / FOLDER) == logits, "a second training gives other logits"
    assert before, "there are no weights"
    assert before.keys() == after.keys(), "a second training has other tensors"
    assert all(torch.equal(before[key], after[key]) for key in before), "a second training gives other weights"
    assert step.artifact.manifest().summary == summary, "a second training ends otherwise"
    assert not any(step.artifact.checkpoints.iterdir()), "checkpoints are left"


def remake(step: Step, *, keep: Collection[str] = ()) -> None:
    """Take a stage's manifest away, and its items but those to keep, and run it again."""
    step.artifact.manifest_path.unlink()
    for path in [path for path in step.artifact.items.rglob("*") if path.is_file()]:
        if path.relative_to(step.artifact.items).as_posix() not in keep:
            path.unlink()
    make(step, crew=Here())
    assert step.artifact.state() == "cached", f"the artifact is {step.artifact.state()} after it was made again"


def _copy_with_another_image(artifact: Artifact, other: Artifact) -> None:
    """Make another index of an index, whose first image has other pixels."""
    shutil.copytree(artifact.path, other.path)
    other.manifest_path.unlink()
    write_job(other, read_job(artifact.job).model_copy(update={"fingerprint": other.fingerprint}))
    index = read_index(artifact)
    record = next(iter(index.records.values()))
    Image.fromarray(255 - index.pixels(record)).save(other.items / record.image)
    records = {**index.records, record.id: replace(record, digest="0" * 32)}
    text = replace(index, records=records).to_json()
    (other.items / "index.json").write_text(text, encoding="utf-8")
    other.complete(kind=artifact.kind, inputs={}, seconds=0.0, threads=1, summary=artifact.summary)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its relative path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _planned(overrides: Collection[str], folder: Path) -> dict[str, Step]:
    _, *others = config_folders()
    config = resolved(composed(searching(list(overrides), others), build=build_stages))
    return {step.name: step for step in make_plan(config["pipeline"], store=Store.at(folder / "store"))}


def _tensors(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of every file of weights, by file and name."""
    files = sorted(folder.glob("*.safetensors"))
    return {f"{path.name}:{name}": tensor for path in files for name, tensor in load_file(path).items()}
