"""Runs that are known from the start."""

from pathlib import Path

from sweeps import fan

from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.source import Grid


def test_all_runs_come_at_once_and_failures_are_noted(tmp_path: Path):
    first, second = fan(tmp_path, values=(1, 2))
    grid = Grid(runs=[first, second])
    assert not grid.is_over()
    assert grid.more(Graph()) == [first, second]
    assert grid.is_over()
    assert grid.more(Graph()) == []
    grid.told(first, None)
    grid.told(second, "no")
    assert grid.failed == {2: "no"}
