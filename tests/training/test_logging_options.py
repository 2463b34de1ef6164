from pathlib import Path

from wsss.training.history import HISTORY
from wsss.training.loggers import History
from wsss.training.logging_options import CSVHistory, NoLogger


def test_the_history_lies_in_the_folder(tmp_path: Path):
    (history,) = CSVHistory().open(tmp_path)
    assert isinstance(history, History)
    history.rewind(0)
    assert [path.name for path in tmp_path.iterdir()] == [HISTORY]


def test_no_logger_writes_nothing(tmp_path: Path):
    assert NoLogger().open(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
