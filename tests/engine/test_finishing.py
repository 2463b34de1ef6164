"""What is at hand is finished after a first Ctrl-C, here and in workers."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from rich.console import Console

from wsss.engine import finishing as module
from wsss.engine.finishing import ASKED, finishing, workers_finish
from wsss.signals import Ended, ended_by_signals


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(record=True, quiet=False, width=80)
    monkeypatch.setattr(module, "console", console)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    return console


def interrupted(work: AbstractContextManager[object], *, until: Callable[[], bool]) -> None:
    """Be interrupted once while something is at work, and wait for what comes of it."""
    with ended_by_signals(), work:
        os.kill(os.getpid(), signal.SIGINT)
        late = time.monotonic() + 30
        while not until() and time.monotonic() < late:
            time.sleep(0.01)


def test_a_first_ctrl_c_is_answered(screen: Console, tmp_path: Path):
    with pytest.raises(Ended):
        interrupted(finishing(tmp_path), until=lambda: "now" in screen.export_text(clear=False))
    assert screen.export_text() == "finishing this step; again to stop now\n"


def test_a_worker_is_asked_by_a_file(screen: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    before = signal.getsignal(signal.SIGINT)
    with finishing(tmp_path) as asked:
        assert signal.getsignal(signal.SIGINT) is before
        assert not asked()
        (tmp_path / ASKED).touch()
        assert asked()
    assert screen.export_text() == ""


def test_a_launcher_asks_its_workers_and_takes_it_back_at_the_end(screen: Console, tmp_path: Path):
    seen: list[str] = []

    def asked() -> bool:
        seen[:] = [path.name for path in tmp_path.iterdir()]
        return bool(seen) and "now" in screen.export_text(clear=False)

    with pytest.raises(Ended):
        interrupted(workers_finish(tmp_path), until=asked)
    assert seen == [ASKED]
    assert list(tmp_path.iterdir()) == []
