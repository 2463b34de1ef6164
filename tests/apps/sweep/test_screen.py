"""The screen of a sweep."""

from pathlib import Path

import pytest
from sweeps import fan, made

from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.screen import lost_runs, show_graph


def test_a_plan_counts_what_is_needed_and_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, fan(tmp_path, values=(1,)))
    graph = Graph()
    for run in fan(tmp_path):
        graph.add(run)
    for node in graph.unfinished():
        node.seconds = 30.0
    capsys.readouterr()
    show_graph(graph)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "first 1 1" in lines
    assert "third 3 1 1 min 00 s" in lines
    assert "7 artifacts in place of 9: what several runs need is made once" in lines


def test_failures_and_the_runs_that_they_cost_are_listed(tmp_path: Path) -> None:
    assert lost_runs(made(tmp_path, fan(tmp_path)).graph) == []
    graph = made(tmp_path / "other", fan(tmp_path / "other", second={2: {"refuses": True}})).graph
    failed, lost = lost_runs(graph)
    assert failed == f"{graph.of_run(2)[1].title}: 2 is refused: take another"
    assert lost == "1 of 3 runs are not finished: 2"
