from pathlib import Path

import pytest
from compared_runs import two_runs

from wsss.apps.compare.compared import Compared, read_runs
from wsss.apps.compare.groups import Group, separated


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return two_runs(tmp_path)


@pytest.fixture
def runs(folders: list[Path]) -> tuple[Compared, ...]:
    return read_runs(folders)


@pytest.fixture
def groups(runs: tuple[Compared, ...]) -> tuple[Group, ...]:
    """Each run on its own."""
    return separated(runs, [1, 1])
