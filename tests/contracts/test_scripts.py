"""Scripts can be imported and asked for their help, and those that change code or read runs do what they say."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Load = Callable[[str], Any]
SCRIPTS = Path(__file__).parents[2] / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    monkeypatch.syspath_prepend(SCRIPTS)

    def script(name: str) -> Any:
        return importlib.import_module(name)

    yield script
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_imported_and_says_how_it_is_used(
    name: str, load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    module = load(name)
    if "ArgumentParser" not in (SCRIPTS / f"{name}.py").read_text(encoding="utf-8"):
        return
    monkeypatch.setattr("sys.argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    assert f"usage: {name}" in capsys.readouterr().out


TEXT = '''"""About 3 things."""
LEAST: int = 1
def f(a: int = 2) -> bool:
    """Less than 4."""
    assert a > 5
    return g(a + 1, key=True) and not a < LEAST
'''


def test_every_operator_number_and_argument_is_changed_and_no_word(load: Load):
    found = {new.splitlines()[-1].strip() for _, new, _ in load("mutants").changes(TEXT)}
    assert found == {
        "LEAST: int = 2",
        "def f(a: int = 3) -> bool:",
        "return (g(a + 1, key=True) or not a < LEAST)",
        "return g((a - 1), key=True) and not a < LEAST",
        "return g(a + 2, key=True) and not a < LEAST",
        "return g(a + 1) and not a < LEAST",
        "return g(a + 1, key=False) and not a < LEAST",
        "return g(a + 1, key=True) and a < LEAST",
        "return g(a + 1, key=True) and not (a <= LEAST)",
    }


def test_a_change_is_of_a_text_that_occurs_once(load: Load):
    twice = "x = 1\ny = f(2)\nx = 1\nz = f(2)\n"
    for old, new, _ in load("mutants").changes(twice):
        assert twice.count(old) == 1
        assert new != old


def test_a_table_counts_what_was_caught_by_area(load: Load):
    planted = load("plant_faults")
    fault = planted.Fault(area="cams", what="w", file="f", old="o", new="n", tests="t")
    other = planted.Fault(area="views", what="w", file="f", old="o", new="n", tests="t")
    results = [(fault, "caught", ""), (fault, "survived", ""), (other, "caught", ""), (other, "too late", "")]
    assert [line.split() for line in planted.table(results).splitlines()] == [
        ["cams", "1", "of", "2", "50.0", "%"],
        ["all", "2", "of", "4", "50.0", "%"],
        ["views", "1", "of", "2", "50.0", "%"],
    ]
