"""Text towers: vectors are those of transformers, and what cannot be had is said with what to get."""

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from clip_models import clip_of_open_clip, text_under_transformers_names
from transformers import CLIPModel, CLIPTokenizer

from wsss.apps.text_bank import towers
from wsss.apps.text_bank.towers import DEFAULT, TOWERS, load_tower
from wsss.commands.text_bank import TOWER
from wsss.errors import ConfigError, ModelError


def test_vectors_are_those_of_transformers(clip_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(towers, "BATCH", 2)
    sentences = ["a clean cat.", "dog", "the longer one."]
    tower = load_tower("any", source=str(clip_folder))
    found = tower.embed(sentences)
    model = CLIPModel.from_pretrained(clip_folder).eval()
    tokenizer = CLIPTokenizer.from_pretrained(clip_folder)
    with torch.no_grad():
        for sentence, vector in zip(sentences, found, strict=True):
            answer = model.get_text_features(**tokenizer([sentence], return_tensors="pt"))
            expected = answer if isinstance(answer, torch.Tensor) else answer.pooler_output
            np.testing.assert_allclose(vector, expected[0].numpy(), atol=1e-5)
    assert tower.scale == pytest.approx(float(model.logit_scale.detach().exp()))
    assert found.std() > 0.01


def test_vectors_are_those_of_open_clip(clip_folder: Path):
    pytest.importorskip("open_clip")
    theirs, tower = clip_of_open_clip(), load_tower("any", source=str(clip_folder))
    missing, unknown = tower.model.load_state_dict(text_under_transformers_names(theirs.state_dict()), strict=False)
    assert not unknown
    assert all(name.startswith(("vision_model.", "visual_projection.")) for name in missing)
    sentences = ["a clean cat.", "dog", "the longer one."]
    tokens = tower.tokenizer(sentences, padding="max_length", max_length=77, return_tensors="pt")["input_ids"]
    assert tokens.shape == (3, 77)
    with torch.no_grad():
        wanted = theirs.encode_text(tokens).numpy()
    np.testing.assert_allclose(tower.embed(sentences), wanted, atol=1e-5)
    assert wanted.std() > 0.01


def test_a_text_that_clip_cannot_read_whole_is_refused(clip_folder: Path):
    with pytest.raises(ConfigError, match=r"CLIP reads 77 tokens, and 'ab.* has more: shorten it"):
        load_tower("any", source=str(clip_folder)).embed(["cat", "ab" * 40])


def test_every_image_tower_that_has_a_text_tower_is_timms():
    assert DEFAULT in TOWERS
    assert DEFAULT == TOWER
    assert all(timm.is_model_pretrained(name) for name in TOWERS)
    assert all(("quickgelu" in name) == name.endswith("openai") for name in TOWERS), "OpenAI's have quick GELUs"


def test_a_tower_that_is_not_known_is_refused():
    with pytest.raises(ConfigError, match="--tower: no text tower is known for 'resnet50'; there are: vit_base"):
        load_tower("resnet50")


def test_what_to_get_is_said_where_the_tower_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("transformers.CLIPModel.from_pretrained", fail)
    said = "no route to host.*model.safetensors.* of https://huggingface.co/openai/clip-vit-base-patch16 .*--text-model"
    with pytest.raises(ModelError, match=said):
        load_tower(DEFAULT)
    monkeypatch.undo()
    with pytest.raises(ModelError, match=f"cannot be loaded from {tmp_path}"):
        load_tower(DEFAULT, source=str(tmp_path))


def test_transformers_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(towers, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"needs the package transformers: install `wsss\[clip\]`"):
        load_tower(DEFAULT)
