"""Leaves of `conf/`, read with their words."""

from pathlib import Path

from wsss.config.leaves import Leaf, leaves
from wsss.config.search import config_folder


def test_values_and_words(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("# Mine.\n_target_: my.Mine\na: 1 # one # or two\nlist: # some\n  - x # not this\nb: null\n")
    assert Leaf.read(path) == Leaf(
        name="mine",
        values={"_target_": "my.Mine", "a": 1, "list": ["x"], "b": None},
        words={"_target_": "", "a": "one # or two", "list": "some", "b": ""},
    )


def test_an_empty_leaf(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("# Nothing.\n")
    assert Leaf.read(tmp_path / "mine.yaml").values == {}


def test_a_group_has_all_its_files() -> None:
    assert set(leaves("dataset", [config_folder()])) == {
        path.stem for path in (config_folder() / "dataset").glob("*.yaml")
    }
