"""What was asked of a sweep, and who is at work in its folder."""

from pathlib import Path

import pytest

from wsss.apps.sweep.sweep_folder import SweepFolder
from wsss.errors import ConfigError, StoreError


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "-m", "cam=cam", "ls", "x" * 101])
def test_a_name_that_is_not_one_is_refused(name: str):
    with pytest.raises(ConfigError, match="is not a name for a sweep"):
        SweepFolder.named(name)


def test_a_name_is_a_folder_below_outputs():
    assert SweepFolder.named("seeds-1.b").path == Path("outputs/sweeps/seeds-1.b")


def test_other_words_are_refused_and_the_same_pass(tmp_path: Path):
    folder = SweepFolder(path=tmp_path)
    folder.refuse_other(["cam=cam,fgcam"])
    folder.write(["cam=cam,fgcam"], {1: ("cam=cam",), 2: ("cam=fgcam",)})
    assert folder.asked().runs == {"1": ("cam=cam",), "2": ("cam=fgcam",)}
    folder.refuse_other(["cam=cam,fgcam"])
    with pytest.raises(ConfigError, match="holds the sweep of other words: cam=cam,fgcam"):
        folder.refuse_other(["cam=cam"])
    (tmp_path / "sweep.yaml").write_text("format: 1\nwords: 3\n", encoding="utf-8")
    with pytest.raises(StoreError, match="take another name for a new sweep"):
        folder.refuse_other(["cam=cam"])


def test_a_folder_is_held_by_one(tmp_path: Path):
    folder = SweepFolder(path=tmp_path / "mine")
    with folder.held(), pytest.raises(StoreError, match="is at work already: see `wsss sweep ls mine`"), folder.held():
        pass
    with folder.held():
        pass
