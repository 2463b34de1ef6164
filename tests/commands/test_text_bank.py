"""`wsss text-bank` from the command line."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import command_line
import numpy as np
import pytest
from clip_folder import save_clip
from data_sets import draw_image

from wsss.apps import text_bank
from wsss.apps.text_bank.words import VOC
from wsss.models.clip.text_bank import read_bank

call = partial(command_line.call, "text-bank")


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("clip") / "model")


def test_names_become_a_bank(
    clip_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ("--text-model", clip_folder, "--out", "pets.npz")
    assert call(monkeypatch, "cat", "dog", *given, "--backgrounds", "sky,sea") == 0
    said, path = capsys.readouterr().out.splitlines()[-2:]
    assert said == "2 classes and 2 background prompts for vit_base_patch16_clip_quickgelu_224.openai"
    assert path == str(tmp_path / "pets.npz")
    bank = read_bank(tmp_path / "pets.npz")
    assert (bank.classes, bank.backgrounds) == (("cat", "dog"), ("sky", "sea"))
    assert bank.texts[0] == "a clean origami cat."


def test_a_data_set_and_templates_by_name(clip_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "voc.npz"
    assert call(monkeypatch, "voc", "--text-model", clip_folder, "--out", out, "--template", "the {}") == 0
    bank = read_bank(out)
    assert bank.classes == tuple(VOC)
    assert bank.texts[2] == "the bird avian"
    assert len(bank.backgrounds) == 25


class FakeTower:
    """Points every sentence somewhere, and always the same way."""

    tower = "vit_xsmall_patch16_clip_224"
    scale = 10.0

    def embed(self, sentences: Sequence[str]) -> np.ndarray:
        rows = [np.random.default_rng(list(sentence.encode())).normal(size=512) for sentence in sentences]
        return np.stack(rows).astype(np.float32)


def test_the_template_with_the_least_sharpness_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, name in enumerate("ab"):
        draw_image(tmp_path / "images" / f"{name}.png", key=key)
    (tmp_path / "labels.csv").write_text("image,labels\na.png,cat;teddy bear\nb.png,cat\n", encoding="utf-8")
    monkeypatch.setattr(text_bank, "load_tower", lambda *_, **__: FakeTower())
    own = ("--rank", tmp_path, "--tower", FakeTower.tower, "--weights", "none", "--template", "my {}")
    assert call(monkeypatch, "cat", "teddy bear", "--out", tmp_path / "pets.npz", *own) == 0
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("sharpness on 1 images of several classes, the least first")
    table = [line.split(maxsplit=1) for line in lines[start + 1 : start + 11]]
    values = [float(value) for value, _ in table]
    assert values == sorted(values)
    assert {"my {}", "a clean origami {}.", "a photo of a {}."} <= {template for _, template in table}
    best = table[0][1]
    assert read_bank(tmp_path / "pets.npz").texts[:2] == (best.format("cat"), best.format("teddy bear"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--rank", "nowhere"], "nowhere is not a folder, nor a tar or zip: name the one that holds the data set"),
        (["--rank", "photos"], "photos: no image shows two of the classes"),
        (["--rank", "photos", "--weights", "nowhere.safetensors"], "nowhere.safetensors"),
    ],
)
def test_what_cannot_be_ranked_is_said_before_a_tower_is_loaded(
    given: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos/images").mkdir(parents=True)
    draw_image(tmp_path / "photos/images/a.png", key=0)
    (tmp_path / "photos/labels.csv").write_text("image,labels\na.png,cat\n", encoding="utf-8")
    monkeypatch.setattr(text_bank, "load_tower", lambda *_, **__: pytest.fail("a tower was loaded"))
    own = ("--tower", FakeTower.tower, "--weights", "none", *given)
    assert call(monkeypatch, "cat", "dog", "--out", "pets.npz", *own) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cat", "--out", "bank.zip"], "--out: bank.zip: a bank is named with the suffix .npz"),
        (["cat", "--out", "folder.npz"], "--out: folder.npz is a folder: name a file"),
        (["cat", "--out", "/proc/bank.npz"], "cannot be written, a place where no files can be made"),
        (["cat", "cat", "--out", "bank.npz"], "classes: cat is named twice"),
        (["cat", "--out", "bank.npz", "--tower", "resnet50"], "no text tower is known for 'resnet50'"),
        (["cat", "--out", "bank.npz", "--text-model", "nowhere/here"], "cannot be loaded from nowhere/here"),
        (["words.txt", "--out", "bank.npz"], "words.txt is not a text file of names"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("transformers.CLIPModel.from_pretrained", fail)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npz").mkdir()
    assert call(monkeypatch, *arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert not (tmp_path / "bank.npz").exists()
