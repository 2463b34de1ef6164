"""The help of `wsss run`: all that can be chosen, as it lies in conf/."""

import re
from pathlib import Path

import pytest

from wsss.commands import run
from wsss.config.help import groups
from wsss.config.search import config_folder

OWN = (config_folder(),)


def test_help_lists_every_group_and_option_and_marks_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    run.main(["cam=gradcam", "--help"])
    said = capsys.readouterr().out
    for group in groups(OWN):
        assert f"\n  {group.key}= " in said
        for option in group.options:
            star = r" \*" if option == group.default else ""
            assert re.search(rf"\n    {option}{star}(\s|\n)", said), option
    for example in ("wsss run experiment=toy plan=true", "experiment=folder dataset.root=my_photos", " -m "):
        assert example in said
    assert "\n  runtime.device=auto " in said


def test_help_lists_what_another_folder_of_configs_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cam").mkdir()
    (tmp_path / "cam" / "mine.yaml").write_text("# A method of mine.\n_target_: mine.Mine\n", encoding="utf-8")
    run.main(["--config-dir", str(tmp_path), "--help"])
    assert re.search(r"\n    mine +A method of mine\.\n", capsys.readouterr().out)


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_help_fits_the_screen(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    described = run.help_text(OWN).split("groups, and what each chooses")[1].split(run.LAST)[0].splitlines()
    longest = max(len(word) for line in described for word in line.split())
    assert max(map(len, described)) <= max(min(columns, 120), run.INDENT + longest)


def test_everything_else_is_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("wsss.run.run_command", seen.append)
    run.main(["experiment=toy", "plan=true"])
    assert seen == [["experiment=toy", "plan=true"]]
