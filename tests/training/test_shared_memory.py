"""Room for what loader processes make ahead."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from wsss.errors import ConfigError
from wsss.training import shared_memory
from wsss.training.shared_memory import MB, check_shared_memory

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 64 MB, as a container has them."""
    monkeypatch.setattr(shared_memory, "FOLDER", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", {tmp_path: Usage(64 * MB, 0, 64 * MB)}.__getitem__)
    return tmp_path


@pytest.mark.parametrize(
    ("workers", "steps"),
    [
        (0, 1000),  # nothing is put there
        (3, 1000),  # 2 ahead for each, and one in use: 7 x 9 MB
        (8, 7),  # an epoch has no more
    ],
)
def test_what_fits(workers: int, steps: int) -> None:
    check_shared_memory(9 * MB, workers=workers, steps=steps)


def test_without_loader_processes_nothing_is_put_there() -> None:
    check_shared_memory(100 * MB, workers=0, steps=1000)


@pytest.mark.parametrize(("workers", "steps", "needed"), [(4, 1000, 81), (8, 8, 72)])
def test_what_does_not_fit_is_refused(workers: int, steps: int, needed: int, folder: Path) -> None:
    said = (
        f"^runtime.workers: {workers} loader processes put up to {needed} MB into {folder}, which has 64 MB free: "
        r"give it more \(docker run --shm-size=1g\), use 0, or a smaller fit"
    )
    with pytest.raises(ConfigError, match=said):
        check_shared_memory(9 * MB, workers=workers, steps=steps)


def test_the_remedy_is_enough() -> None:
    with pytest.raises(ConfigError, match="--shm-size=4g"):
        check_shared_memory(100 * MB, workers=8, steps=100)


def test_a_system_without_such_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_memory, "FOLDER", Path("/not/there"))
    check_shared_memory(2**40, workers=8, steps=100)
