"""The help of `wsss run`: all that can be chosen, as it lies in conf/."""

import re
from pathlib import Path

import pytest

from wsss.commands import run
from wsss.config.help import groups, settings
from wsss.config.search import config_folder
from wsss.errors import ConfigError

OWN = (config_folder(),)


@pytest.mark.parametrize("columns", [80, 120])
def test_help_is_one_screen_with_every_group_and_its_default(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    run.main(["cam=gradcam", "--help"])
    said = capsys.readouterr().out
    assert len(said.splitlines()) <= 60
    for group in groups(OWN):
        assert f"\n  {group.key}={group.default} " in said
    for example in ("wsss run experiment=toy plan=true", "experiment=folder dataset.root=my_photos", " -m "):
        assert example in said
    assert "runtime.device=auto," in said


def test_help_of_the_settings_explains_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    run.main(["--help", "settings"])
    said = capsys.readouterr().out
    for setting in settings(OWN):
        assert f"\n  {setting.key}={setting.default} " in said


@pytest.mark.parametrize("key", [group.key for group in groups(OWN)])
def test_help_of_a_group_lists_every_option_and_the_keys_of_the_default(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run.main(["--help", key])
    said = capsys.readouterr().out
    (group,) = (group for group in groups(OWN) if group.key == key)
    for option in group.options:
        star = r" \*" if option == group.default else ""
        assert re.search(rf"\n  {option}{star}(\s|\n)", said), option
    if key == "fit@fit.classifier":
        assert re.search(r"\n  fit\.classifier\.dropout=0\.0 +share of the channels", said)


def test_help_of_a_strange_group_offers_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"there is no group 'camm'; did you mean 'cam'\?"):
        run.main(["--help", "camm"])


def test_help_lists_what_another_folder_of_configs_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cam").mkdir()
    (tmp_path / "cam" / "mine.yaml").write_text("# A method of mine.\n_target_: mine.Mine\n", encoding="utf-8")
    run.main(["--config-dir", str(tmp_path), "--help", "cam"])
    assert re.search(r"\n  mine +A method of mine\.\n", capsys.readouterr().out)


def test_strange_words_are_refused_before_hydra_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsss.run.run_command", lambda _: pytest.fail("asked"))
    with pytest.raises(ConfigError, match="did you mean experiment=toy"):
        run.main(["toy"])


@pytest.mark.parametrize("terminal", [True, False])
def test_a_person_is_told_at_once_that_something_happens(
    *, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    monkeypatch.setattr("wsss.run.run_command", lambda _: None)
    run.main(["experiment=toy"])
    assert capsys.readouterr().err == ("checking the config and the data ...\n" if terminal else "")


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_help_fits_the_screen(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    described = run.help_text(OWN).split("groups, with their defaults")[1].split(run.LAST)[0].splitlines()
    longest = max(len(word) for line in described for word in line.split())
    assert max(map(len, described)) <= max(min(columns, 120), run.INDENT + longest)


def test_everything_else_is_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr("wsss.run.run_command", seen.append)
    run.main(["experiment=toy", "plan=true"])
    assert seen == [["experiment=toy", "plan=true"]]
