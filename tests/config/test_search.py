"""Folders of configs: the package's own first, then that of `--config-dir`, then those of plug-ins."""

from pathlib import Path

import pytest

from wsss.config import search
from wsss.config.search import added_among, config_folder, config_folders, options
from wsss.errors import ConfigError
from wsss.plugins import Plugin


def test_configs_are_found() -> None:
    assert (config_folder() / "run.yaml").is_file()


def test_the_folders_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mine", "one/conf", "two"):
        (tmp_path / name).mkdir(parents=True)
    found = [Plugin(package=name, folder=tmp_path / name) for name in ("one", "two")]
    monkeypatch.setattr(search, "plugins", lambda: tuple(found))
    assert config_folders() == (config_folder(), tmp_path / "one" / "conf")
    assert config_folders(tmp_path / "mine") == (config_folder(), tmp_path / "mine", tmp_path / "one" / "conf")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--config-dir: there is no folder .*gone"):
        config_folders(tmp_path / "gone")


@pytest.mark.parametrize("option", [["--config-dir", "a b"], ["--config-dir=a b"], ["-cd", "a b"]])
def test_the_option_is_taken_out_of_a_commands_words(option: list[str]) -> None:
    assert added_among(["cam=cam", *option, "-m"]) == (Path("a b"), ["cam=cam", "-m"])
    assert added_among(["cam=cam"]) == (None, ["cam=cam"])


def test_the_option_needs_a_folder() -> None:
    with pytest.raises(ConfigError, match="--config-dir: name a folder"):
        added_among(["cam=cam", "--config-dir"])


def test_of_two_files_with_one_name_the_first_folders_counts(tmp_path: Path) -> None:
    for path in ("1/cam/b.yaml", "2/cam/b.yaml", "2/cam/a.yaml", "2/refine/c.yaml", "2/cam/notes.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found = options("cam", [tmp_path / "1", tmp_path / "2"])
    assert list(found.items()) == [("a", tmp_path / "2/cam/a.yaml"), ("b", tmp_path / "1/cam/b.yaml")]
