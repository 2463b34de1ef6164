"""The run as a whole: it does what is missing, says what it does, and ends with the report."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from toy_runs import Run, composed, contents

from wsss.artifacts.store import Store
from wsss.errors import ConfigError
from wsss.run.pipeline import prepare, run


def test_the_last_line_is_the_report(toy_run: Run) -> None:
    assert toy_run.printed.splitlines()[-1] == str(toy_run.out / "report.html")
    assert Path(toy_run.printed.splitlines()[-1]).is_file()


def test_a_second_run_does_nothing_and_says_so(toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    Store.at(copy.store).remember(copy.out)
    before = contents(copy.store)
    assert "nothing to do: all 9 stages are cached" in copy.again()
    assert contents(copy.store) == before


def test_a_plan_shows_states_and_runs_nothing(toy_run: Run, tmp_path: Path) -> None:
    screen = io.StringIO()
    overrides = (f"store='{toy_run.store}'", f"out='{tmp_path / 'out'}'", "plan=true", "masks=confident")
    with redirect_stdout(screen):
        run(composed(*overrides))
    assert "cached" in screen.getvalue()
    assert "run" in screen.getvalue()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("key", "value"), [("plan", "perhaps"), ("store", 3), ("name", None), ("launcher", "inline")])
def test_settings_are_checked_too(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        prepare({**composed(), key: value})
