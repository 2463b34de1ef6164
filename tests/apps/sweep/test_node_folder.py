"""A node's files: what its process gets, and what it leaves."""

from pathlib import Path

import pytest
from sweeps import fan

from wsss.apps.sweep.graph import Graph, Node
from wsss.apps.sweep.node_folder import NodeFolder, Place
from wsss.errors import StoreError


def node_of(folder: Path) -> Node:
    graph = Graph()
    graph.add(fan(folder, values=(1,))[0])
    return graph.of_run(1)[1]


def test_a_job_is_read_as_it_was_written(tmp_path: Path):
    node = node_of(tmp_path)
    folder = NodeFolder.of(tmp_path, stage="second", fingerprint="f" * 16)
    assert folder.path == tmp_path / "nodes" / f"second.{'f' * 16}"
    folder.write(node)
    job = folder.job()
    assert job.store == str(tmp_path / "store")
    assert job.job.command == "wsss run number=1"
    assert job.job.inputs == {"first": ("first", node.step.inputs["first"].fingerprint)}
    assert job.job.config == node.step.config


def test_what_an_earlier_attempt_said_is_forgotten(tmp_path: Path):
    folder = NodeFolder(path=tmp_path / "node")
    node = node_of(tmp_path)
    assert (folder.failure(), folder.where(), folder.progress()) == (None, None, None)
    folder.write(node)
    folder.say_failed("no disk")
    folder.say_where(host="here", device="cpu")
    (folder.path / "progress.json").write_text(
        '{"title": "train", "done": 3.0, "total": 4.0, "rate": "2 s/step", "left": 2.0}', encoding="utf-8"
    )
    assert folder.failure() == "no disk"
    assert folder.where() == Place(host="here", device="cpu")
    progress = folder.progress()
    assert progress is not None
    assert (progress.done, progress.total, progress.left) == (3.0, 4.0, 2.0)
    folder.write(node)
    assert (folder.failure(), folder.where(), folder.progress()) == (None, None, None)


def test_a_torn_job_is_refused(tmp_path: Path):
    (tmp_path / "job.json").write_text('{"store": 3}', encoding="utf-8")
    with pytest.raises(StoreError, match="start the sweep again"):
        NodeFolder(path=tmp_path).job()
