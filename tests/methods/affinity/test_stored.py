"""A trained network is found again by its folder alone; what does not fit is named."""

import json
from pathlib import Path

import pytest
import torch
from pair_networks import SMALL, stored_pairs

from wsss.errors import ModelError, StoreError
from wsss.methods.affinity.networks import AffinityNet, EdgeNet
from wsss.methods.affinity.stored import DESCRIPTION, description, restored
from wsss.models.classifier import ClassifierOptions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = tmp_path / "items"
    items.mkdir()
    stored_pairs(EdgeNet, items)
    return items


def test_what_was_stored_comes_back(folder: Path):
    network, normalisation = restored(EdgeNet, folder)
    saved = torch.load(folder / "w.pt", weights_only=True)
    assert all(torch.equal(tensor, saved[name]) for name, tensor in network.state_dict().items())
    assert normalisation == SMALL.normalisation
    assert not any(module.training for module in network.modules())


def test_the_normalisation_is_that_of_the_weights_the_classifier_began_with(folder: Path):
    packaged = ClassifierOptions(backbone="tf_efficientnet_lite0", weights="packaged")
    said = description(packaged, weights="w.pt")
    assert tuple(said["mean"]) == packaged.normalisation.mean
    assert tuple(said["std"]) == packaged.normalisation.std
    assert json.loads(json.dumps(said)) == said


def test_a_folder_without_a_description_is_named(folder: Path):
    (folder / DESCRIPTION).write_text('{"backbone": 3', encoding="utf-8")
    with pytest.raises(StoreError, match=r"network\.json describes no network .*: delete the folder"):
        restored(EdgeNet, folder)
    (folder / DESCRIPTION).unlink()
    with pytest.raises(StoreError, match=r"network\.json describes no network"):
        restored(EdgeNet, folder)


def test_another_networks_weights_are_refused(folder: Path):
    with pytest.raises(ModelError, match=r"w\.pt: .* tensors .*delete the folder"):
        restored(AffinityNet, folder)
