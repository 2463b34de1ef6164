"""What is left to read of a stage."""

import logging
import signal
import warnings
from pathlib import Path

import pytest

from wsss.engine.log import log_to, logger
from wsss.engine.processes import World
from wsss.signals import Ended, ended_by_signals


def test_a_log_tells_start_warnings_and_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with log_to(tmp_path / "a", world=World(), title="make_masks 0123: wsss run"), warnings.catch_warnings():
        warnings.simplefilter("default")
        logger.info("quiet")
        logger.warning("2 images of %s [x] were left out", "train")
        warnings.warn("third party", UserWarning, stacklevel=1)
    text = (tmp_path / "a" / "log.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if " INFO " in line or " WARNING " in line]
    assert "make_masks 0123: wsss run; worker 1 of 1, process" in lines[0]
    assert "INFO quiet" in lines[1]
    assert "WARNING 2 images of train [x] were left out" in lines[2]
    assert "third party" in lines[3]
    assert lines[-1].endswith("INFO finished")
    assert capsys.readouterr().out == "warning: 2 images of train [x] were left out\n"


def test_an_error_is_written_with_its_traceback_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), log_to(tmp_path, world=World(), title="a"):
        _ = 1 / 0
    with log_to(tmp_path, world=World(), title="again"):
        pass
    text = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert "ended by ZeroDivisionError" in text
    assert "_ = 1 / 0" in text
    assert text.index("ZeroDivisionError") < text.index("again")


def test_every_worker_has_a_file_and_nothing_stays_behind(tmp_path: Path) -> None:
    before = (logger.level, list(logger.handlers), list(logging.getLogger("py.warnings").handlers))
    with log_to(tmp_path, world=World(rank=3, size=4, local_size=4), title="a"):
        assert [path.name for path in tmp_path.iterdir()] == ["log.3.txt"]
    assert (logger.level, list(logger.handlers), list(logging.getLogger("py.warnings").handlers)) == before


def killed(*_: object) -> None:
    raise RuntimeError("DataLoader worker (pid 1) is killed by signal: Terminated.")


def ended(folder: Path) -> None:
    """Be ended by a SIGTERM that also meets a loader process: it is gone while the log's last lines are written."""
    with ended_by_signals(), log_to(folder, world=World(), title="train_classifier"):
        signal.signal(signal.SIGCHLD, killed)  # torch's does so for the first loader
        signal.raise_signal(signal.SIGTERM)


def test_a_loader_process_that_the_signal_killed_breaks_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def meanwhile(formatter: logging.Formatter, record: logging.LogRecord) -> str:
        if record.exc_info:
            signal.raise_signal(signal.SIGCHLD)
        return whole(formatter, record)

    whole = logging.Formatter.format
    monkeypatch.setattr(logging.Formatter, "format", meanwhile)
    with pytest.raises(Ended):
        ended(tmp_path)
    assert "INFO ended by SIGTERM\n" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert capsys.readouterr().err == ""
