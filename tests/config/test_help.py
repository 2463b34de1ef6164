"""`conf/` as it is read without Hydra agrees with what Hydra makes of it."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from wsss.config.help import Group, Setting, groups, settings
from wsss.config.search import config_folder

OWN = (config_folder(),)


def test_every_folder_is_a_group_with_all_its_files_and_each_has_words() -> None:
    folders = {
        path.name: {leaf.stem for leaf in path.glob("*.yaml")} for path in config_folder().iterdir() if path.is_dir()
    }
    found = groups(OWN)
    assert {group.key.split("@")[0]: set(group.options) for group in found} == folders
    assert [group.key for group in found if not group.words] == []
    assert [f"{group.key}/{name}" for group in found for name, words in group.options.items() if not words] == []


def test_defaults_are_hydras() -> None:
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(config_folder().absolute())):
        config = compose("run", return_hydra_config=True)
    chosen = dict(config.hydra.runtime.choices)
    of_stages = {"regions": "superpixels"}  # which a run without these stages does not have
    assert {group.key: group.default for group in groups(OWN)} == of_stages | {
        key: str(value).replace("None", "null") for key, value in chosen.items() if not key.startswith("hydra/")
    }
    OmegaConf.set_struct(config, False)
    for setting in settings(OWN):
        written = OmegaConf.merge(config, OmegaConf.create(f"value: {setting.default}"))  # others may be named there
        assert OmegaConf.select(config, setting.key) == written.value


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    (tmp_path / "run.yaml").write_text(
        "# Not this.\n"
        "defaults:\n  - _self_\n  - part@a.part: b # what it chooses\n  - override hydra/job_logging: none\n\n"
        "plan: false # or true: stop # here\nsecret: 3\nnested: # words\n  deep: [1.0] # scales\n  other: 2\n"
        "  none: # nothing yet\n  quoted: 'a # b'\n",
        encoding="utf-8",
    )
    (tmp_path / "part" / "a.yaml").write_text("# @package _global_\n# First.\n# Second.\nx: 1\n", encoding="utf-8")
    (tmp_path / "part" / "b.yaml").write_text("x: 1 # no title\n", encoding="utf-8")
    return tmp_path


def test_a_group_has_its_files_with_their_first_comments(small: Path) -> None:
    assert groups([small]) == [
        Group(key="part@a.part", words="what it chooses", options={"a": "First.", "b": ""}, default="b")
    ]


def test_a_group_also_has_the_files_of_other_folders(small: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "part").mkdir()
    (other / "part" / "c.yaml").write_text("# Third.\n", encoding="utf-8")
    (other / "part" / "a.yaml").write_text("# Hidden by the first folder's.\n", encoding="utf-8")
    (found,) = groups([small, other])
    assert found.options == {"a": "First.", "b": "", "c": "Third."}


def test_settings_are_those_that_are_explained(small: Path) -> None:
    assert settings([small]) == [
        Setting(key="plan", default="false", words="or true: stop # here"),
        Setting(key="nested.deep", default="[1.0]", words="scales"),
        Setting(key="nested.none", default="", words="nothing yet"),
    ]
