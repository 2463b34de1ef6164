"""A trained network is opened by its artifact alone; what does not fit is named, and nothing else is imported."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import pytest
import torch
from builders import named
from pydantic import ValidationError
from safetensors.torch import save_file
from stored_networks import SMALL, stored, tensors_of
from torch import nn
from toy_runs import made

from wsss.errors import ModelError, NewerError, StoreError
from wsss.methods.affinity import EdgeNetOptions
from wsss.methods.representatives import BinaryOptions
from wsss.models import ClassifierOptions, NetworkOptions, Normalisation, SegmenterOptions
from wsss.store.kinds import NETWORK
from wsss.store.networks import (
    RECORD,
    WEIGHTS,
    NetworkRecord,
    holds_network,
    load,
    read_record,
    write_record,
    write_weights,
)
from wsss.store.store import Artifact, Store


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return Store(root=tmp_path).artifact("train_classifier", "0" * 16)


def record(**changes: Any) -> NetworkRecord:
    plain = NetworkRecord(
        options=SMALL,
        classes=named(3),
        normalisation=Normalisation(mean=(0.1, 0.2, 0.3), std=(1.0, 0.5, 0.25)),
        weights={"last": (WEIGHTS,)},
    )
    return replace(plain, **changes)


def rewritten(artifact: Artifact, change: Callable[[Any], Any]) -> None:
    """Change what the record of an artifact says."""
    path = artifact.items / RECORD
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    made(artifact, NETWORK)


def test_what_was_stored_comes_back(artifact: Artifact):
    network = stored(SMALL, artifact, classes=3)
    found = load(artifact)
    state = network.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in found.module.state_dict().items())
    assert (found.options, found.classes, found.normalisation) == (SMALL, named(3), SMALL.normalisation)
    assert not any(module.training for module in found.module.modules())
    assert sorted(path.name for path in artifact.items.iterdir()) == [RECORD, WEIGHTS]


def test_tensors_come_back_exactly_also_from_channels_last(artifact: Artifact):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    write_weights(network.state_dict(), artifact)
    found = tensors_of(artifact)
    assert found.keys() == network.state_dict().keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in network.state_dict().items())
    assert all(tensor.is_contiguous() for tensor in found.values())


@pytest.mark.parametrize(
    "options",
    [
        ClassifierOptions(backbone="resnet18", weights="/data/w.pt", output_stride=8),
        SegmenterOptions(options={"decoder_channels": [16, 8], "decoder_dropout": 0.5}),
        EdgeNetOptions(classifier=SMALL),
        BinaryOptions(classifier=SMALL, representatives={"cat": ("dog",), "class": ("fields",)}, networks="own"),
    ],
    ids=lambda options: type(options).__name__,
)
def test_a_record_keeps_every_option(options: NetworkOptions, artifact: Artifact):
    artifact.items.mkdir(parents=True)
    write_record(artifact, record(options=options))
    made(artifact, NETWORK)
    found = read_record(artifact)
    assert found == record(options=options)
    said = json.loads((artifact.items / RECORD).read_text(encoding="utf-8"))
    assert said["options"]["class"] == f"wsss:{type(options).__name__}"
    assert "wsss." not in json.dumps(said), "no module is named: classes may move"


def test_weights_have_names_and_the_record_says_which_are_used(artifact: Artifact):
    stored(SMALL, artifact, classes=3)
    state = tensors_of(artifact)
    head = {"head.weight": torch.full_like(state["head.weight"], 7)}
    write_weights(head, artifact, name="best_head.safetensors")
    write_weights({k: v for k, v in state.items() if k not in head}, artifact, name="backbone.safetensors")
    names = {"last": (WEIGHTS,), "best": ("backbone.safetensors", "best_head.safetensors")}
    write_record(artifact, record(weights=names, use="best"))
    made(artifact, NETWORK)
    assert torch.equal(load(artifact).module.state_dict()["head.weight"], head["head.weight"])
    assert torch.equal(load(artifact, weights="last").module.state_dict()["head.weight"], state["head.weight"])
    assert read_record(artifact).planned.weights == ("last", "best")
    with pytest.raises(StoreError, match="has no weights 'ema'; it has: last, best"):
        load(artifact, weights="ema")


def test_an_artifact_without_a_network_is_named(artifact: Artifact):
    assert not holds_network(artifact)
    with pytest.raises(StoreError, match=r"train_classifier/0000.* holds no network: read a stage that trains one"):
        load(artifact)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: {key: said[key] for key in said if key != "options"}, "options: Field required"),
        (lambda said: said | {"format": "1"}, "format: Input should be a valid integer"),
        (lambda said: said | {"classes": "cat"}, "classes: Input should be a valid"),
        (lambda said: said | {"more": 1}, "more: Extra inputs are not permitted"),
        (lambda said: said | {"normalisation": {"mean": [0, 0], "std": [1, 1, 1]}}, r"normalisation\.mean"),
        (lambda said: said | {"_target_": "wsss.models.ClassifierOptions"}, "_target_: Extra inputs"),
    ],
)
def test_a_record_of_another_shape_is_refused(change: Callable[[Any], Any], message: str, artifact: Artifact):
    stored(SMALL, artifact)
    rewritten(artifact, change)
    with pytest.raises(StoreError, match=rf"network\.json cannot be read \({message}.*: delete the folder") as refused:
        load(artifact)
    assert not isinstance(refused.value, NewerError)


@pytest.mark.parametrize("more", [{}, {"more": 1}])
def test_a_record_of_a_newer_version_is_told_apart(more: dict[str, int], artifact: Artifact):
    """Also where all that is known of it looks as it does today."""
    stored(SMALL, artifact)
    rewritten(artifact, lambda said: said | {"format": 2, **more})
    with pytest.raises(NewerError, match=r"network\.json was written by a newer wsss: update wsss"):
        load(artifact)


def test_a_record_that_could_not_be_read_is_not_written(artifact: Artifact):
    artifact.items.mkdir(parents=True)
    endless = Normalisation(mean=(0.1, 0.2, float("inf")), std=(1.0, 0.5, 0.25))
    with pytest.raises(ValidationError, match=r"mean\.2"):
        write_record(artifact, record(normalisation=endless))
    assert not holds_network(artifact)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda said: said | {"classes": [f"c{i}" for i in range(300)]}, "300 classes are more than the 254 of a mask"),
        (lambda said: said | {"use": "best"}, "there are no weights 'best'; there are: last"),
        (lambda said: said | {"weights": {"last": ["../../elsewhere.safetensors"]}}, "not the name of a safetensors"),
        (lambda said: said | {"weights": {"last": ["weights.pt"]}}, "not the name of a safetensors"),
        (lambda said: said | {"options": {"class": "wsss:Nothing", "fields": {}}}, "there is no class 'wsss:Nothing'"),
        (lambda said: said | {"options": {"class": "wsss:CAM", "fields": {}}}, "options"),
        (lambda said: said | {"options": {"class": "wsss:ClassifierOptions", "fields": {"backbone": 3}}}, "backbone"),
        (
            lambda said: said | {"options": {"class": "wsss:ClassifierOptions", "fields": {"backbone": "hf-hub:x/y"}}},
            "not the plain name of a timm network",
        ),
        (lambda said: said | {"options": {"_target_": "wsss.models.ClassifierOptions"}}, "_target_ is not read"),
    ],
)
def test_a_record_that_says_something_else_is_refused(change: Callable[[Any], Any], message: str, artifact: Artifact):
    stored(SMALL, artifact)
    rewritten(artifact, change)
    with pytest.raises(StoreError, match=rf"network\.json describes no network .*{message}.*: delete the folder"):
        load(artifact)


def test_a_torn_record_is_named(artifact: Artifact):
    stored(SMALL, artifact)
    for text in ('{"format": 1', "[]"):
        (artifact.items / RECORD).write_text(text, encoding="utf-8")
        with pytest.raises(StoreError, match=r"network\.json is not as it was made: `wsss store verify --repair"):
            load(artifact)
        made(artifact, NETWORK)
        with pytest.raises(StoreError, match=r"network\.json cannot be read"):
            load(artifact)


@pytest.mark.parametrize("fields", [{}, {"classifier": {"_target_": "antigravity.X"}}])
def test_a_record_imports_nothing_of_others(fields: dict[str, Any], artifact: Artifact):
    stored(EdgeNetOptions(classifier=SMALL), artifact)
    name = "wsss:EdgeNetOptions" if fields else "antigravity:X"
    rewritten(artifact, lambda said: said | {"options": {"class": name, "fields": fields}})
    with pytest.raises(StoreError, match="describes no network"):
        load(artifact)
    assert "antigravity" not in sys.modules


def test_another_networks_weights_are_refused(artifact: Artifact):
    stored(SMALL, artifact, classes=3)
    state = tensors_of(artifact)
    remedy = "delete the folder .*0000 and run again"
    for wrong, message in [
        ({k: v for k, v in state.items() if k != "head.weight"}, "head.weight"),
        (state | {"other": torch.zeros(1)}, "other"),
        (state | {"head.weight": torch.zeros(2, 288)}, "head.weight"),
        (state | {"head.weight": state["head.weight"].half()}, "head.weight"),
    ]:
        write_weights(wrong, artifact)
        made(artifact, NETWORK)
        with pytest.raises(ModelError, match=f"another network's weights; tensors that differ: {message}; {remedy}"):
            load(artifact)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_weights_of_a_training_that_diverged_are_refused(artifact: Artifact, wrong: float):
    stored(SMALL, artifact)
    state = tensors_of(artifact)
    state["head.weight"][0, 0] = wrong
    write_weights(state, artifact)
    made(artifact, NETWORK)
    with pytest.raises(StoreError, match=r"head\.weight holds numbers that are not finite: its training diverged"):
        load(artifact)


@pytest.mark.parametrize("left", [None, 0, 100, 0.5])
def test_missing_and_torn_weights_are_named(artifact: Artifact, left: float | None):
    stored(SMALL, artifact)
    path = artifact.items / WEIGHTS
    whole = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(whole[: int(left * len(whole)) if 0 < left < 1 else int(left)])
    said = "cannot be read" if left is None else "is not as it was made"
    with pytest.raises(StoreError, match=rf"weights\.safetensors {said}.*store verify --repair .*, then run again"):
        load(artifact)
    if left is not None:
        made(artifact, NETWORK)
        with pytest.raises(StoreError, match=r"weights\.safetensors holds no weights .*delete .*0000 and run again"):
            load(artifact)


def test_a_pickle_is_not_opened(artifact: Artifact):
    network = stored(SMALL, artifact)
    torch.save(network.state_dict(), artifact.items / WEIGHTS)
    made(artifact, NETWORK)
    with pytest.raises(StoreError, match="holds no weights"):
        load(artifact)


@final
@dataclass(frozen=True, kw_only=True)
class Elsewhere(NetworkOptions):
    """Options of a package that was imported before."""

    width: int = 2

    def build(self, classes: tuple[str, ...]) -> nn.Module:
        return self.skeleton(classes)

    def skeleton(self, classes: tuple[str, ...]) -> nn.Module:
        return nn.Linear(self.width, len(classes))

    def outline(self) -> nn.Module:
        return self.skeleton(("thing",))

    @property
    def normalisation(self) -> Normalisation:
        return SMALL.normalisation

    def check(self) -> None:
        return


def test_networks_of_other_packages_are_opened_where_these_were_imported(artifact: Artifact):
    stored(Elsewhere(width=5), artifact, classes=2)
    assert load(artifact).options == Elsewhere(width=5)
    assert not (artifact.items / "weights.pt").exists()
    save_file({"weight": torch.zeros(2, 5), "bias": torch.ones(2)}, artifact.items / WEIGHTS)
    made(artifact, NETWORK)
    assert load(artifact).module.state_dict()["bias"].tolist() == [1, 1]
