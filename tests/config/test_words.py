"""A command line that Hydra cannot read is refused in the words of who typed it."""

from pathlib import Path

import pytest

from wsss.config.search import config_folder
from wsss.config.words import check_words, overrides_among
from wsss.errors import ConfigError

OWN = (config_folder(),)


def problems_of(*words: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        check_words(words, OWN)
    return refused.value.problems


def test_overrides_are_what_is_neither_an_option_nor_its_value() -> None:
    assert overrides_among(["-m", "--cfg", "job", "cam=cam", "-cn", "other", "a.b=1"]) == ["cam=cam", "a.b=1"]


@pytest.mark.parametrize(
    "words",
    [
        ["experiment=toy"],
        ["-m", "random_seed=1,2"],
        ["--cfg", "job", "--resolve"],
        ["--info", "searchpath", "cam=cam"],
        ["--cfg=job"],
        ["~refine.background", "+a=1"],
        ["--hydra-help"],
    ],
    ids=" ".join,
)
def test_what_hydra_reads_passes(words: list[str]) -> None:
    check_words(words, OWN)


def test_nothing_at_all_is_refused() -> None:
    (problem,) = problems_of()
    assert "experiment=toy" in problem


def test_every_strange_word_is_named_once() -> None:
    found = problems_of("toy", "cam=cam", "--epochs", "5", "--store=x", "gradcam")
    assert [problem.partition(":")[0] for problem in found] == ["toy", "--epochs", "--store", "gradcam"]
    assert "fit.classifier.epochs=5" in found[1]
    assert "store=x" in found[2]


def test_a_folder_of_the_user_s_is_recognised(tmp_path: Path) -> None:
    (problem,) = problems_of(str(tmp_path))
    assert f"dataset.root={tmp_path}" in problem


@pytest.mark.parametrize("word", ["", " "])
def test_an_empty_word_is_no_folder(word: str) -> None:
    (problem,) = problems_of("experiment=toy", word)
    assert problem.startswith("a word of the command is empty: options are written key=value; delete it")


def test_a_word_without_a_key_is_named() -> None:
    (problem,) = problems_of("=3")
    assert problem.startswith("=3: options are written key=value")
