"""A check, as several commands end with it."""

from pathlib import Path

import pytest
from data_sets import devkit

from wsss.apps import check
from wsss.commands.check import check_to
from wsss.config.leaves import leaves
from wsss.config.search import config_folders


def test_a_command_of_one_s_own_is_said_and_the_exit_code_tells_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = devkit(tmp_path)
    choice = check.chosen(leaves("dataset", config_folders()), root=root, name="voc")
    assert check_to(choice, root, given={}, train="train", val="val", command="wsss run mine") == 0
    assert "wsss run mine" in capsys.readouterr().out.splitlines()
    (root / "JPEGImages/a.png").write_bytes(b"")
    assert check_to(choice, root, given={"masks": "null"}, train="train", val="val") == 1
    assert f"wsss run dataset=voc dataset.root={root} dataset.masks=null" in capsys.readouterr().out.splitlines()
