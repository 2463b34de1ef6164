"""One process for several nodes: what it says of each, and when it ends."""

import os
import socket
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path

import pytest
from sweeps import fan, value_of

from wsss.apps.sweep import warm
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.warm import Warm, _serve


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "PRELOADED", ("wsss.apps.sweep.child", "sweeps"))


def written(folder: Path, **options: object) -> list[tuple[Node, NodeFolder]]:
    graph = Graph()
    graph.add(fan(folder, values=(1,), second={1: options})[0])
    found = [(node, NodeFolder(path=folder / node.step.name)) for node in graph.of_run(1)]
    for node, node_folder in found:
        node_folder.write(node)
    return found


def code_of(process: Warm) -> int | None:
    wait(process.signs, 120)
    return process.code()


def test_it_waits_for_the_next_node_and_ends_with_one_that_fails(tmp_path: Path):
    (first, first_folder), (_, second_folder), _ = written(tmp_path, refuses=True)
    process = Warm(cores=1, gpus=None)
    process.make(first_folder, {"WSSS_PROGRESS": str(tmp_path / "progress.json")})
    assert code_of(process) == 0
    assert value_of(first.step.artifact.items) == 10
    assert process.waits
    assert process.code() is None
    process.make(second_folder, {})
    assert code_of(process) == 2
    assert not process.waits
    assert second_folder.failure() == "1 is refused: take another"
    process.join()


@pytest.mark.parametrize(("most", "answers"), [(60.0, [True, True]), (-1.0, [False])])
def test_it_ends_after_a_node_that_took_long(
    most: float, answers: list[bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (_, first), (_, second), _ = written(tmp_path)
    monkeypatch.setattr(warm, "LONG", most)
    for name in ("os.setsid", "multiprocessing.set_start_method", "wsss.apps.sweep.warm._print_to"):
        monkeypatch.setattr(name, lambda *_, **__: None)
    monkeypatch.setattr(warm, "end_with_parent", lambda: None)
    monkeypatch.setattr("os.environ", {})
    own, theirs = Pipe()
    own.send((first, {"WSSS_CORES": "1"}))
    own.send((second, {}))
    with socket.socket(fileno=os.dup(own.fileno())) as end:
        end.shutdown(socket.SHUT_WR)
    _serve(theirs, None, None, "fork")
    theirs.close()
    assert [own.recv() for _ in answers] == answers
    assert own.poll()
