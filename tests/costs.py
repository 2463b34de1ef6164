"""What tests cost: `pytest --costs 20` lists the files and tests that take most CPU seconds, children included."""

import resource
from collections import Counter
from collections.abc import Generator, Iterator

import pytest

NAME = "CPU seconds"
SPENT = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", type=int, default=0, metavar="N", help="list the N most expensive files and tests")


def spent() -> float:
    """CPU seconds of this process, and of the children that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    item.stash[SPENT] = spent()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the costs of every phase in its report, which a worker sends to whoever prints."""
    report = yield
    before, item.stash[SPENT] = item.stash[SPENT], spent()
    report.user_properties.append((NAME, item.stash[SPENT] - before))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if most := terminalreporter.config.getoption("--costs"):
        tests, files = Counter[str](), Counter[str]()
        for name, seconds in noted(terminalreporter):
            tests[name] += seconds  # type: ignore[assignment]  # a Counter of floats counts as well
            files[name.partition("::")[0]] += seconds  # type: ignore[assignment]
        terminalreporter.section(f"{sum(tests.values()):.0f} {NAME} of {len(tests)} tests")
        for counted in (files, tests):
            for name, seconds in counted.most_common(most):
                terminalreporter.write_line(f"{seconds:8.2f} {name}")
            terminalreporter.write_line("")


def noted(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[str, float]]:
    """Every phase of every test with its costs."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                yield from ((report.nodeid, float(value)) for name, value in report.user_properties if name == NAME)
