"""The history file: what was logged is read, and what a kill tore off is not."""

from pathlib import Path

from wsss.training.loggers.history import HistoryRow, read_history

TEXT = b"step,name,value\r\n0,train/loss,0.75\r\n0,val/map,1.2e-05\r\n12,train/loss,0.5\r\n"
ROWS = [
    HistoryRow(step=0, name="train/loss", value=0.75),
    HistoryRow(step=0, name="val/map", value=1.2e-5),
    HistoryRow(step=12, name="train/loss", value=0.5),
]


def test_rows_in_order(tmp_path: Path):
    (tmp_path / "history.csv").write_bytes(TEXT)
    assert read_history(tmp_path / "history.csv") == ROWS


def test_no_file_is_an_empty_history(tmp_path: Path):
    assert read_history(tmp_path / "history.csv") == []


def test_wherever_a_kill_cuts_it_whole_lines_remain(tmp_path: Path):
    path = tmp_path / "history.csv"
    for kept in range(len(TEXT)):
        path.write_bytes(TEXT[:kept])
        whole = max(0, TEXT[:kept].count(b"\n") - 1)
        assert read_history(path) == ROWS[:whole], TEXT[:kept]
