"""The help of `wsss run`: all that can be chosen, as it lies in conf/."""

import re

import pytest

from wsss.commands import run
from wsss.config.help import groups


def test_help_lists_every_group_and_option_and_marks_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    run.main(["cam=gradcam", "--help"])
    said = capsys.readouterr().out
    for group in groups():
        assert f"\n  {group.key}= " in said
        for option in group.options:
            star = r" \*" if option == group.default else ""
            assert re.search(rf"\n    {option}{star}(\s|\n)", said), option
    for example in ("wsss run experiment=toy plan=true", "experiment=folder dataset.root=my_photos", " -m "):
        assert example in said
    assert "\n  runtime.device=auto " in said


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_help_fits_the_screen(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    described = run.help_text().split("groups, and what each chooses")[1].split(run.LAST)[0].splitlines()
    longest = max(len(word) for line in described for word in line.split())
    assert max(map(len, described)) <= max(min(columns, 120), run.INDENT + longest)


def test_everything_else_is_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("wsss.run.command.run_command", seen.append)
    run.main(["experiment=toy", "plan=true"])
    assert seen == [["experiment=toy", "plan=true"]]
