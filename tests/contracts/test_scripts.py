"""Scripts can be imported and asked for their help, and those that change code or read runs do what they say."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

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


def test_a_gpu_that_computes_otherwise_is_told_and_none_is_no_success(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    script, cpu = load("check_gpu"), torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr("sys.argv", ["check_gpu"])
    with pytest.raises(SystemExit) as ended:
        script.main()
    assert ended.value.code == 2
    assert "torch sees no GPU here: nothing was compared" in capsys.readouterr().err
    found = {each.what: each for each in script.comparisons(cpu, ((33, 47),))}
    assert {what.split()[0] for what in found} == {"crf", "walk", "cam", "gradcam", "layercam", "logits"}
    exact = {what: each.difference for what, each in found.items() if "bfloat16" not in what}
    assert set(exact.values()) == {0.0}
    rounded = found["logits in bfloat16 47 x 33"]
    assert 0 < rounded.difference <= rounded.tolerance
    assert all(each.passed for each in found.values())
    wrong = iter((torch.tensor([2.0, 1.0]), torch.tensor([2.0, 1.5])))
    assert script.difference(lambda _: next(wrong), cpu) == 0.25
    assert not script.Compared(what="crf", difference=float("nan"), tolerance=1.0).passed
    failed = script.Compared(what="crf", difference=0.25, tolerance=0.1)
    script.write(tmp_path / "told", machine="a <machine>", found=[*found.values(), failed], took={"crf": 0.5})
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert [line["passed"] for line in told["comparisons"]] == [True] * len(found) + [False]
    page = (tmp_path / "told.html").read_text(encoding="utf-8")
    assert "1 of 8 comparisons failed" in page
    assert "a &lt;machine&gt;" in page
