"""Weights of towers: the two words, and files under the names of others."""

from pathlib import Path

import pytest
import torch
from clip_models import clip_of_transformers, tower_of_timm, under_timms_names
from safetensors.torch import save_file

from wsss.errors import ModelError
from wsss.models.weights.towers import check_tower, read_tower, tower_file


def test_the_words_are_not_files():
    assert [tower_file(word) for word in ("pretrained", "none")] == [None, None]
    assert tower_file("imagenet") == Path("imagenet")
    assert tower_file("~/a.pt") == Path.home() / "a.pt"


def test_what_cannot_be_had_is_refused(tmp_path: Path):
    check_tower("none", backbone="vit_base_patch16_gap_224")
    with pytest.raises(ModelError, match="timm has none of vit_base_patch16_gap_224"):
        check_tower("pretrained", backbone="vit_base_patch16_gap_224")
    with pytest.raises(ModelError, match="this is a folder"):
        check_tower(str(tmp_path), backbone="vit_base_patch16_gap_224")


def test_a_file_is_read_under_timms_names(tmp_path: Path):
    model, net = clip_of_transformers(side=48), tower_of_timm(side=48)
    wanted = under_timms_names(model)
    save_file(wanted, tmp_path / "timm.safetensors")
    found = read_tower(tmp_path / "timm.safetensors", net=net)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    (tmp_path / "torn.pt").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"torn\.pt': no file of tensors"):
        read_tower(tmp_path / "torn.pt", net=net)
