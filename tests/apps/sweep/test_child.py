"""The process of a node: its artifact, or its folder says why not."""

import subprocess
import sys
from pathlib import Path

import pytest
from sweeps import fan, made_of, value_of

from wsss.apps.sweep.child import make_node, work
from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.run.worker import MISTAKE


def written(folder: Path, **options: object) -> tuple[Node, NodeFolder]:
    graph = Graph()
    graph.add(fan(folder, values=(1,), second={1: options})[0])
    for node in graph.of_run(1)[:2]:
        node_folder = NodeFolder(path=folder / node.step.name)
        node_folder.write(node)
        if node.step.name == "first":
            make_node(node_folder)
    return node, node_folder


def written_at(folder: Path) -> dict[Path, int]:
    """When each file was written last: a job, too, is as whoever made the artifact left it."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_node_is_made_once(tmp_path: Path):
    node, folder = written(tmp_path)
    make_node(folder)
    before = written_at(node.step.artifact.path)
    make_node(folder)
    assert written_at(node.step.artifact.path) == before
    assert value_of(node.step.artifact.items) == 11
    assert len(made_of(tmp_path / "store")) == 2
    place = folder.where()
    assert place is not None
    assert place.device == "cpu"


def test_a_mistake_is_left_in_a_line(tmp_path: Path):
    _, folder = written(tmp_path, refuses=True)
    with pytest.raises(SystemExit) as ended:
        work(folder)
    assert ended.value.code == MISTAKE
    assert folder.failure() == "1 is refused: take another"


def test_what_nobody_foresaw_is_named_and_goes_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    _, folder = written(tmp_path)
    monkeypatch.setattr("sweeps.value_of", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        work(folder)
    assert folder.failure() == "ZeroDivisionError was not foreseen: division by zero"


def test_a_process_whose_parent_is_gone_ends(tmp_path: Path):
    words = [sys.executable, "-m", "wsss.apps.sweep.child", str(tmp_path), "1"]
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0
