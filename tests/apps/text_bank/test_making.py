"""Banks from words: means of directions, and what makes no bank."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from wsss.apps.text_bank.asked import AskedWords
from wsss.apps.text_bank.making import make_bank, save_bank
from wsss.apps.text_bank.towers import TextTower, load_tower
from wsss.errors import ConfigError, ModelError
from wsss.models.clip.text_bank import read_bank

WORDS = AskedWords(classes={"cat": ("cat",), "sofa": ("sofa", "couch")}, backgrounds=("sky",))
TEMPLATES = ("a {}.", "the big {}.")


@pytest.fixture(scope="module")
def tower(clip_folder: Path) -> TextTower:
    return load_tower("a_tower", source=str(clip_folder))


def expected(tower: TextTower, sentences: Sequence[str]) -> np.ndarray:
    directions = [vector / np.linalg.norm(vector) for vector in tower.embed(sentences).astype(np.float64)]
    mean = sum(directions) / len(directions)
    return mean / np.linalg.norm(mean)


def test_a_vector_is_the_mean_of_the_directions_of_all_its_sentences(tower: TextTower):
    bank = make_bank(WORDS, tower, templates=TEMPLATES)
    assert (bank.classes, bank.backgrounds, bank.tower) == (("cat", "sofa"), ("sky",), "a_tower")
    sofa = ["a sofa.", "the big sofa.", "a couch.", "the big couch."]
    rows = [["a cat.", "the big cat."], sofa, ["a sky.", "the big sky."]]
    for vector, sentences in zip(bank.vectors, rows, strict=True):
        np.testing.assert_allclose(vector, expected(tower, sentences), atol=1e-6)
    assert bank.texts[1] == "\n".join(sofa)
    assert bank.scale == pytest.approx(tower.scale)


def test_a_bank_is_written_whole_into_a_new_folder(tower: TextTower, tmp_path: Path):
    save_bank(tmp_path / "new/a.npz", make_bank(WORDS, tower, templates=TEMPLATES))
    assert read_bank(tmp_path / "new/a.npz").classes == ("cat", "sofa")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.npz"]


@pytest.mark.parametrize("templates", [("a cat",), ("{} and {}",), ()])
def test_a_template_without_one_place_for_the_words_is_refused(tower: TextTower, templates: tuple[str, ...]):
    with pytest.raises(ConfigError, match=r"--template: .* has not one \{\} for the words"):
        make_bank(WORDS, tower, templates=templates)


def test_a_background_with_the_vector_of_a_class_is_refused(tower: TextTower):
    words = AskedWords(classes={"cat": ("cat",)}, backgrounds=("CAT",))
    assert make_bank(words, tower, templates=TEMPLATES).backgrounds == (), "it is called as the class"
    words = AskedWords(classes={"pet": ("cat",)}, backgrounds=("cat",))
    with pytest.raises(ModelError, match="background prompt 'cat' is the same as the class 'pet'"):
        make_bank(words, tower, templates=TEMPLATES)
