"""A test is skipped for a reason that is listed here, or it fails: so none drops out unnoticed."""

from collections.abc import Generator
from typing import Final

import pytest

EXPECTED: Final = {
    "pydensecrf": "it is compiled where it is installed, and there may be no compiler",
    "import 'open_clip'": "it was added to the tests lately: `uv sync` brings it",
    "import 'moto'": "it was added to the tests lately: `uv sync` brings it",
    "import 's3fs'": "it is an extra",
    "import 'ray'": "it is an extra, and has no build for every system",
    "chromium": "a browser is no Python package",
    "shellcheck": "a linter of shell scripts is no Python package",
    "Docker is": "it is a service of the machine",
    "hadolint": "a linter of Dockerfiles is no Python package",
    "Linux": "builds of torch are chosen there, and it alone counts a process's memory anew",
    "WSSS_VOC_MINI": "photographs do not come with the package",
    "/dev/full": "Linux has the device, and not every container does",
}
"""Words of a skip's reason, and why this machine may lack what the test needs."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_unexpected(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_unexpected(report)
    return report


def refuse_unexpected(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Let a report fail that says skipped, unless its reason is expected."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(words in reason for words in EXPECTED):
            report.outcome = "failed"
            report.longrepr = f"{reason}: no reason that tests/skips.py lists"
