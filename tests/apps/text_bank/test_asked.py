"""Words that a bank is asked for."""

from pathlib import Path

import pytest

from wsss.apps.text_bank.asked import asked_words, backgrounds_of
from wsss.apps.text_bank.words import COCO_BACKGROUNDS, VOC, VOC_BACKGROUNDS
from wsss.errors import ConfigError, DataError


def test_names_stand_for_themselves_with_vocs_backgrounds():
    words = asked_words(["cat", "teddy bear"])
    assert words.classes == {"cat": ("cat",), "teddy bear": ("teddy bear",)}
    assert words.backgrounds == VOC_BACKGROUNDS


def test_a_background_that_is_called_as_a_class_or_as_one_of_its_texts_is_left_out():
    words = asked_words(["Sky", "lawn: grass; green"], backgrounds="sky,grass,water")
    assert words.backgrounds == ("water",)


def test_a_data_set_brings_its_own():
    assert asked_words(["voc"]).classes == {name: (text,) for name, text in VOC.items()}
    coco = asked_words(["coco"])
    assert "keyboard" in coco.classes
    assert "keyboard" not in coco.backgrounds
    assert set(coco.backgrounds) == set(COCO_BACKGROUNDS)
    assert asked_words(["voc"], backgrounds="none").backgrounds == ()


def test_a_file_has_a_class_a_line_with_other_texts_after_a_colon(tmp_path: Path):
    file = tmp_path / "classes.txt"
    file.write_text("\ufeffcat\n\nperson: person with clothes,people,human\nsofa: sofa; couch \n", encoding="utf-8")
    assert asked_words([str(file)]).classes == {
        "cat": ("cat",),
        "person": ("person with clothes,people,human",),
        "sofa": ("sofa", "couch"),
    }


def test_backgrounds_come_by_name_or_from_a_file(tmp_path: Path):
    (tmp_path / "b.txt").write_text("sea\n\nsea\nsky\n", encoding="utf-8")
    assert backgrounds_of(str(tmp_path / "b.txt")) == ("sea", "sky")
    assert backgrounds_of("sea, sky,") == ("sea", "sky")
    assert backgrounds_of("coco") == COCO_BACKGROUNDS
    assert backgrounds_of("none") == ()


@pytest.mark.parametrize("text", ["", ","])
def test_backgrounds_without_a_name_are_refused(text: str):
    with pytest.raises(
        ConfigError, match=f"--backgrounds '{text}' has no prompt: name some, or write 'none' to do without"
    ):
        asked_words(["cat"], backgrounds=text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["cat", "dog", "cat"], "classes: cat is named twice"),
        ([" "], "classes: none is named"),
        ([__file__], "test_asked.py is a file: name classes, or one text file that ends in .txt"),
        ([": a cat"], "names no class: write `name: texts`"),
        ([f"class {number}" for number in range(255)], "255 are more than the 254 of a mask"),
    ],
)
def test_words_that_make_no_bank_are_refused(given: list[str], said: str):
    with pytest.raises(ConfigError, match=said):
        asked_words(given)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"nowhere.txt is not a text file of names, one a line .*name another file"):
        asked_words([str(tmp_path / "nowhere.txt")])
    (tmp_path / "image.txt").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(DataError, match="not a text file of names"):
        asked_words([str(tmp_path / "image.txt")])
