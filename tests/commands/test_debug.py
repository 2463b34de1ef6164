"""`wsss debug` from the command line."""

from pathlib import Path

import pytest
from toy_runs import Run

from wsss.apps.debug.annotate import COUNT as ANNOTATED
from wsss.apps.debug.investigation import USUAL
from wsss.apps.findings import read_findings
from wsss.commands.debug import COUNT, WHAT, main
from wsss.errors import ConfigError, StoreError


def test_a_run_is_debugged(toy_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "out"
    main([str(toy_run.out), "--out", str(out), "--side", "64", "--images", "5", "--device", "cpu"])
    assert str(out / "debug.html") in capsys.readouterr().out.replace("\n", "")
    found = read_findings(out / "debug.json")
    assert found.head["parts"] == list(USUAL)
    assert {table.file for table in found.tables} == {path.name for path in out.glob("*.csv")}
    assert "context_by_class.csv" in {table.file for table in found.tables}


def test_a_limit_is_an_exit_code(toy_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = [str(toy_run.out), "--out", str(tmp_path), "--side", "64", "--device", "cpu", "--what", "confusions"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--fail-over", "confusions=0"])
    assert ended.value.code == 1
    assert "over 0" in capsys.readouterr().err
    main([*command, "--fail-over", "confusions=2"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--what", "boats"], "--what: there is no 'boats'"),
        (["--what", ""], "--what: names none; there are: context, confusions"),
        (["--fail-over", "slices=-1"], "--fail-over slices=-1: every number is 0 or more"),
        (["--images", "2"], "--images: must be at least 5"),
        (["--side", "8", "--count", "0"], "--count: must be at least 1"),
        (["--fail-over", "slices"], "--fail-over slices"),
        (["--fail-over", "slices=0", "--fail-over", "slices=1"], "--fail-over: slices is given as 0.0 and as 1.0"),
        (["--what", "slices", "--fail-over", "context=1"], "there is no part 'context'"),
    ],
)
def test_mistakes_are_said_before_anything_is_opened(words: list[str], said: str):
    with pytest.raises(ConfigError, match=said):
        main(["nowhere", *words])


def test_a_place_that_takes_no_files_is_refused_before_the_run_is_opened(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="a file is where a folder is wanted"):
        main(["nowhere", "--out", str(tmp_path / "file")])


def test_defaults_are_those_of_the_parts():
    assert tuple(WHAT.split(",")) == USUAL
    assert COUNT == ANNOTATED


def test_a_page_is_named_after_the_folder_of_its_run(toy_run: Run, tmp_path: Path):
    main([str(toy_run.out), "--out", str(tmp_path), "--side", "64", "--device", "cpu", "--what", "slices"])
    assert read_findings(tmp_path / "debug.json").title == f"Debug of {toy_run.out.parent.name}/{toy_run.out.name}"
