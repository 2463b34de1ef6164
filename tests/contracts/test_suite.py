"""What the suite promises of itself: no test drops out unnoticed, and costs are told."""

import gc
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import costs
import pytest
import skips
from at_once import each


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
