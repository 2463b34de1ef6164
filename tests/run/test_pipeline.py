"""The run as a whole: it does what is missing, says what it does, and ends with the report."""

import io
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

import pytest
from toy_runs import Run, composed, contents

from wsss.engine.progress import console
from wsss.errors import ConfigError
from wsss.run.pipeline import prepare, run
from wsss.store.texts import write_json
from wsss.training.loggers.options import CSVHistory


def test_the_last_line_is_the_report(toy_run: Run) -> None:
    assert toy_run.printed.splitlines()[-1] == str(toy_run.out / "report.html")
    assert Path(toy_run.printed.splitlines()[-1]).is_file()


def test_a_second_run_does_nothing_and_says_so(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    copy.again()  # the store notes a run that is finished
    before = {name: each for name, each in contents(copy.store).items() if not name.startswith(".finished/")}
    assert "nothing to do: all 9 stages are cached" in copy.again()
    after = contents(copy.store)
    assert {name: after.pop(name) for name in before} == before
    assert {Path(name).parent.name for name in after} == {".finished"}


def test_a_run_says_in_one_line_that_what_it_reuses_was_made_with_other_versions(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    assert "made with" not in copy.again()
    for name, package, other in (("extract_cams", "torch", "2.0.0"), ("refine_cams", "numpy", "1.9.0")):
        artifact = copy.plan()[name].artifact
        manifest = artifact.manifest().model_dump(mode="json")
        manifest["versions"][package] = other
        write_json(artifact.manifest_path, manifest)
    lines = copy.again().splitlines()
    here = {package: version(package) for package in ("torch", "numpy")}
    told = f"torch 2.0.0 (here {here['torch']}); numpy 1.9.0 (here {here['numpy']})"
    assert lines[0] == f"reused results were made with {told}"
    assert "made with" not in "".join(lines[1:])


def test_a_plan_shows_states_and_runs_nothing(toy_run: Run, tmp_path: Path) -> None:
    screen = io.StringIO()
    overrides = (f"store='{toy_run.store}'", f"out='{tmp_path / 'out'}'", "plan=true", "masks=confident")
    with redirect_stdout(screen):
        run(composed(*overrides))
    assert "cached" in screen.getvalue()
    assert "run" in screen.getvalue()
    assert not (tmp_path / "out").exists()


def planned(made: Run, *overrides: str) -> str:
    screen = io.StringIO()
    with redirect_stdout(screen):
        run(composed(*made.overrides, "plan=true", *overrides))
    return screen.getvalue()


def rows_of(screen: str) -> dict[str, list[str]]:
    return {words[0]: words for line in screen.splitlines() if (words := line.split())}


def test_a_plan_says_what_it_took_earlier(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 80)
    rows = rows_of(planned(toy_run, "masks=confident"))
    assert rows["extract_cams"][2:] == ["cached"]
    assert rows["make_masks"][2] == "run"
    assert rows["make_masks"][-2:] == ["1", "unlike"]
    assert rows["evaluate"][-2:] == ["1", "earlier"]
    assert rows["total"][-1] in ("kB", "MB")
    copy = toy_run.copied(tmp_path)
    (copy.store / "report").rename(tmp_path / "report")
    assert "1 not known" in planned(copy, "masks=confident")
    assert "total" not in planned(toy_run)


def test_a_wide_screen_also_shows_what_reads_what(toy_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for width, shown in ((80, False), (140, True)):
        monkeypatch.setattr(console, "_width", width)
        assert ("index_data, refine_cams" in planned(toy_run)) is shown


@pytest.mark.parametrize(
    ("key", "value"), [("plan", "perhaps"), ("store", 3), ("name", None), ("launcher", "inline"), ("logger", "csv")]
)
def test_settings_are_checked_too(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        prepare({**composed(), key: value})


def test_a_logger_is_checked_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(ConfigError, match=r"^logger: mode=online needs a key .* `wandb login`"):
        prepare(composed("logger=wandb", "logger.mode=online"))


def test_a_finished_run_is_handed_to_its_logger(toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def finish(_: CSVHistory, folder: Path) -> str:
        sheets = sorted(path.suffix for path in (folder / "sheets").iterdir())
        return f"handed over [{folder.name}]: {len(sheets)} {set(sheets)} {(folder / 'scores.json').exists()}"

    monkeypatch.setattr(CSVHistory, "finish", finish)
    *_, said, last = toy_run.copied(tmp_path).again().splitlines()
    assert said == "handed over [out]: 4 {'.jpg'} True"
    assert last == str(tmp_path / "out" / "report.html")
