"""The union of plans: shared nodes stand once, the longest chain comes first, a failure takes its readers along."""

from pathlib import Path

from sweeps import fan, planned, stage

from wsss.apps.sweep.graph import Graph, Node


def graph_of(folder: Path) -> Graph:
    graph = Graph()
    for run in fan(folder):
        graph.add(run)
    return graph


def names(nodes: list[Node]) -> list[tuple[str, list[int]]]:
    return [(node.step.name, node.runs) for node in nodes]


def finish(graph: Graph, name: str) -> None:
    for node in graph.nodes.values():
        if node.step.name == name:
            node.standing = "done"


def test_what_several_runs_need_stands_once(tmp_path: Path):
    graph = graph_of(tmp_path)
    assert [key[0] for key in graph.nodes] == ["first", *["second", "third"] * 3]
    assert names(graph.ready()) == [("first", [1, 2, 3])]
    first = graph.ready()[0]
    assert first.title == f"first {first.step.artifact.fingerprint} (runs 1, 2, 3)"
    assert [node.step.name for node in graph.of_run(2)] == ["first", "second", "third"]


def test_the_longest_chain_comes_first(tmp_path: Path):
    graph = graph_of(tmp_path)
    finish(graph, "first")
    for node in graph.nodes.values():
        node.seconds = 1.0
    graph.of_run(3)[2].seconds = 5.0
    graph.of_run(2)[1].seconds = 3.0
    assert names(graph.ready()) == [("second", [3]), ("second", [2]), ("second", [1])]
    assert graph.ranks()[graph.of_run(3)[0].key] == 7.0
    graph.of_run(1)[1].seconds = None  # as long as the others in the mean
    assert graph.ranks()[graph.of_run(1)[1].key] == 1.0 + (1 + 1 + 3 + 1 + 1 + 5) / 6


def test_a_failure_takes_along_what_reads_it_and_nothing_else(tmp_path: Path):
    graph = graph_of(tmp_path)
    finish(graph, "first")
    failed = graph.of_run(2)[1]
    graph.fail(failed, "no")
    assert [node.standing for node in graph.of_run(2)] == ["done", "failed", "blocked"]
    assert graph.of_run(2)[2].problem == f"needs second {failed.step.artifact.fingerprint}, which failed"
    assert names(graph.ready()) == [("second", [1]), ("second", [3])]
    assert names(graph.failed()) == [("second", [2])]
    first, second = stage(value=10), stage("first", value=2)
    graph.add(planned(tmp_path, 4, first=first, second=second, third=stage("second", value=7)))
    assert [node.standing for node in graph.of_run(4)] == ["done", "failed", "blocked"]
    assert failed.runs == [2, 4]
