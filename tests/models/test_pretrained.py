"""timm's classifiers by name: their weights, and the words by which their classes are called."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from wsss.errors import ModelError
from wsss.models.pretrained import check_classes, class_names, only_size, timm_classifier

SMALL = "mobilenetv3_small_050"


def seeded(name: str) -> nn.Module:
    torch.manual_seed(1)
    return timm.create_model(name)


def test_classes_have_a_name_each_and_synonyms():
    classes = class_names(seeded(SMALL))
    assert (len(classes.names), len(set(classes.names))) == (1000, 1000)
    assert (classes.names[281], classes.names[134], classes.names[517]) == ("tabby", "crane (134)", "crane (517)")
    assert (classes.synonyms["tabby cat"], classes.synonyms["egyptian cat"]) == ("tabby", "Egyptian cat")
    assert "crane" not in classes.synonyms, "which of both?"


def test_a_head_of_another_kind_has_no_names():
    made = timm_classifier("test_vit.r160_in1k", weights="none")
    assert len(made.classes.names) == 1000
    nameless = timm_classifier("vit_small_patch14_dinov2", weights="none")
    assert nameless.classes.names == ()
    with pytest.raises(ModelError, match="vit_small_patch14_dinov2 answers with no classes whose names are known"):
        check_classes(nameless, name="vit_small_patch14_dinov2")


def test_weights_come_from_the_hub_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    state = seeded(SMALL).state_dict()
    save_file(state, tmp_path / "small.safetensors")
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", lambda *_, **__: dict(state))
    for weights in ("imagenet", str(tmp_path / "small.safetensors")):
        made = timm_classifier(SMALL, weights=weights)
        assert all(torch.equal(tensor, state[name]) for name, tensor in made.network.state_dict().items())


def test_weights_that_cannot_be_had_are_named_with_their_address(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", fail)
    address = "https://huggingface.co/timm/resnet50.a1_in1k/resolve/main/model.safetensors"
    with pytest.raises(ModelError, match=rf"cannot download those of resnet50 .*get {address} elsewhere"):
        timm_classifier("resnet50", weights="imagenet")


def test_a_file_of_another_network_is_refused(tmp_path: Path):
    torch.save(seeded("test_vit").state_dict(), tmp_path / "other.pth")
    with pytest.raises(ModelError, match=r"other.pth' for mobilenetv3_small_050: .* missing.*choose another file"):
        timm_classifier(SMALL, weights=str(tmp_path / "other.pth"))


def test_the_only_size_is_what_the_network_says():
    assert only_size(seeded("test_vit")) == (160, 160)
    assert only_size(seeded(SMALL)) is None
    assert only_size(nn.Linear(2, 2)) is None
