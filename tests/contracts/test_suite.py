"""What the suite promises of itself: no test drops out unnoticed, annotations are checked, and costs are told."""

import ast
import gc
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import costs
import made_once
import numpy as np
import parsed_once
import pytest
import skips
import yaml
from at_once import each
from checker import decorated
from jaxtyping import Float, TypeCheckError

ROOT = Path(__file__).parents[2]


def report_of(outcome: Any, said: str, **more: Any) -> pytest.TestReport:
    where = ("tests/test_x.py", 3, f"Skipped: {said}")
    named: Any = {"nodeid": "tests/test_x.py::test", "location": where, "keywords": {}, "when": "call"}
    return pytest.TestReport(**named, outcome=outcome, longrepr=where if outcome == "skipped" else None, **more)


def test_a_skip_without_a_known_reason_fails():
    report = report_of("skipped", "not today")
    skips.refuse_unexpected(report)
    assert report.failed
    assert report.longrepr == "Skipped: not today: no reason that tests/skips.py lists"


@pytest.mark.parametrize("reason", skips.EXPECTED)
def test_a_known_reason_passes(reason: str):
    report = report_of("skipped", f"{reason} here")
    skips.refuse_unexpected(report)
    assert report.skipped


def test_an_expected_failure_is_not_a_skip():
    report = report_of("skipped", "")
    report.wasxfail = "a bug of others"
    skips.refuse_unexpected(report)
    assert report.skipped


def test_skips_are_looked_at_in_this_run(request: pytest.FixtureRequest):
    assert request.config.pluginmanager.has_plugin("skips")


def test_garbage_is_looked_for_again_once_tests_are_collected():
    assert gc.isenabled()


def test_children_count_among_the_costs():
    before = costs.spent()
    busy = "import time\nwhile time.process_time() < 0.1: pass"
    subprocess.run([sys.executable, "-S", "-c", busy], check=True)
    assert costs.spent() - before >= 0.1


def test_costs_of_all_phases_are_listed():
    phases = [report_of("passed", "", user_properties=[(costs.NAME, seconds)]) for seconds in (1.0, 2.5)]
    terminal: Any = SimpleNamespace(stats={"": phases[:1], "passed": phases[1:], "warnings": [object()]})
    assert list(costs.noted(terminal)) == [("tests/test_x.py::test", 1.0), ("tests/test_x.py::test", 2.5)]


def test_many_things_in_one_test_are_all_asked_and_all_that_failed_are_named():
    def broken(words: str) -> None:
        raise ValueError(words)

    with pytest.raises(ExceptionGroup, match="first, third: 2 of 3") as raised:
        each({"first": lambda: broken("a"), "second": lambda: None, "third": lambda: broken("b")})
    assert [(str(error), error.__notes__) for error in raised.value.exceptions] == [("a", ["first"]), ("b", ["third"])]


def test_workers_of_a_suite_share_what_one_of_them_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def worker(number: int) -> Any:
        return SimpleNamespace(getbasetemp=lambda: tmp_path / f"popen-gw{number}")

    def make(folder: Path) -> Path:
        (folder / "a").touch(exist_ok=False)
        asked.append(folder)
        if len(asked) == 1:
            raise ValueError("half made")
        return folder / "a"

    asked: list[Path] = []
    monkeypatch.setenv(made_once.WORKER, "gw0")
    with pytest.raises(ValueError, match="half made"):
        made_once.made_once(worker(0), "run", make)
    assert [made_once.made_once(worker(number), "run", make) for number in (1, 0, 2)] == [tmp_path / "run" / "a"] * 3
    assert len(asked) == 2
    monkeypatch.delenv(made_once.WORKER)
    (tmp_path / "popen-gw0").mkdir()
    assert made_once.made_once(worker(0), "run", make) == tmp_path / "popen-gw0" / "run" / "a"


def test_yaml_of_a_text_is_parsed_once_and_everybody_gets_a_copy(tmp_path: Path):
    parsed: list[type] = []

    def load(stream: Any, loader: Any) -> Any:
        parsed.append(loader)
        return loader(stream).get_single_data()

    loaded, path = parsed_once.remembering(load), tmp_path / "a.yaml"
    loaded("a: [1]", yaml.SafeLoader)["a"].append(2)
    path.write_text("a: [1]")
    with path.open() as file:
        assert loaded(file, Loader=yaml.SafeLoader) == {"a": [1]}
    assert parsed == [yaml.SafeLoader]
    assert loaded("a: [1]", yaml.BaseLoader) == {"a": ["1"]}
    for text, value in (("a: 3", 3), ("a: 4", 4)):
        path.write_text(text)
        with path.open() as file:
            assert loaded(file, yaml.SafeLoader) == {"a": value}
    for _ in range(2):
        path.write_text("a: [")
        with path.open() as file, pytest.raises(yaml.YAMLError, match=r"a\.yaml"):
            loaded(file, yaml.SafeLoader)
    with path.open("rb") as file, pytest.raises(yaml.YAMLError):
        loaded(file, yaml.SafeLoader)
    assert len(parsed) == 7


def test_types_of_what_mypy_does_not_read_are_not_used():
    """What is skipped is `Any` to mypy, and it would say nothing of a wrong use."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    unread = [name for each in overrides if each.get("follow_imports") == "skip" for name in each["module"]]
    packages = {name.removesuffix(".*") for name in unread}
    sources = [path for folder in ("wsss", "scripts") for path in (ROOT / folder).rglob("*.py")]
    used = {(path.name, name) for path in sources for name in used_names(ast.parse(path.read_text(encoding="utf-8")))}
    assert packages
    assert used
    assert {(file, name) for file, name in used if any(f"{name}.".startswith(f"{each}.") for each in packages)} == set()


def used_names(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, each name out of one, and every dotted name of an imported module."""
    nodes = list(ast.walk(tree))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    yield from imported
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and (name := ast.unparse(node)).partition(".")[0] in imported:
            yield name


@decorated
@dataclass(frozen=True, kw_only=True)
class Above:
    maps: Float[np.ndarray, "n y"]
    rate: float = 1.0

    @decorated
    def count(self, other: "Above") -> int:
        return len(other.maps) if self.rate else "none"  # type: ignore[return-value]


@decorated
@dataclass(frozen=True, kw_only=True)
class Below(Above):
    names: Sequence[str] = ()


@decorated
def row(a: Float[np.ndarray, "n y"], *others: Float[np.ndarray, "n y"]) -> Float[np.ndarray, "y"]:
    return a[0] if len(a) < 4 else a[:, 0]


@decorated
def line(side: int) -> Float[np.ndarray, "{side}"]:
    return np.zeros(3)


@decorated
def first(rows: list[Float[np.ndarray, "n"]], weights: Float[np.ndarray, "n"]) -> None:
    del rows, weights


@decorated
def counted(end: int) -> Iterator[int]:
    yield from range(end)


class Lazy:
    """A package that imports what it is asked for."""

    asked: list[str] = []  # noqa: RUF012 - one for all

    def __getattr__(self, name: str) -> type:
        self.asked.append(name)
        return int


lazy: Any = Lazy()


@decorated
def read_later(count: "lazy.Count", names: list["lazy.Count"]) -> "lazy.Count":  # type: ignore[valid-type]
    return count if names else "none"


def test_a_type_of_a_package_is_looked_up_in_the_first_call():
    assert "Count" not in lazy.asked  # pytest, which looks at all that is here, asked for other names
    assert read_later(3, [4]) == 3
    assert "Count" in lazy.asked
    for count, names in ((3, []), (3, ["a"]), ("a", [4])):
        with pytest.raises(TypeCheckError):
            read_later(count, names)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Above(maps=np.zeros((2, 3)), rate=1),
        lambda: Below(maps=np.zeros((2, 3)), names=["a"]).count(Above(maps=np.zeros((1, 1)))),
        lambda: row(np.zeros((2, 3)), np.zeros((2, 3))),
        lambda: line(3),
        lambda: first([np.zeros(2)], np.ones(2)),
        lambda: counted(2),
    ],
)
def test_what_fits_its_annotations_passes(call: Callable[[], object]):
    call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: Above(maps=np.zeros(2)),
        lambda: Above(maps=np.zeros((2, 3)), rate="fast"),  # type: ignore[arg-type]
        lambda: Below(maps=np.zeros((2, 3)), names=3),  # type: ignore[arg-type]
        lambda: Below(maps=np.zeros(2)),
        lambda: Above(maps=np.zeros((2, 3)), rate=0.0).count(Above(maps=np.zeros((2, 3)))),
        lambda: row(np.zeros((2, 3)), np.zeros((2, 4))),
        lambda: row(np.zeros((5, 3))),
        lambda: line(4),
        lambda: first([np.zeros(2)], np.ones(3)),
        lambda: counted("two"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_its_annotations_fails(call: Callable[[], object]):
    with pytest.raises(TypeCheckError):
        call()


def test_sizes_that_do_not_fit_are_told():
    with pytest.raises(TypeCheckError, match="n=2\ny=3"):
        row(np.zeros((2, 3)), np.zeros((2, 4)))
