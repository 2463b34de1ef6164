"""The process of a node on another machine."""

import sys
import threading
import time
from _thread import interrupt_main
from pathlib import Path

import pytest
from sweeps import fan

from wsss.apps.sweep import remote
from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.remote import RemoteNode, make_remote

PYTHON = sys.executable


def remote_node(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> RemoteNode:
    """A node whose process runs a line of Python."""
    monkeypatch.setattr(remote.sys, "executable", str(folder / "python"))
    (folder / "python").write_text(f"#!/bin/sh\nexec {PYTHON} -c '{code}'\n", encoding="utf-8")
    (folder / "python").chmod(0o755)
    return RemoteNode(folder=folder, directory=folder, variables={"MINE": "1"})


def test_a_process_that_is_killed_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said = 'import os; print(os.getcwd(), os.environ["MINE"], flush=True); '
    node = remote_node(tmp_path, monkeypatch, f"{said}os.kill(os.getpid(), 9)")
    assert make_remote(node) == -9
    lines = (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [f"{tmp_path} 1"] * remote.ATTEMPTS
    assert make_remote(remote_node(tmp_path, monkeypatch, "raise SystemExit(2)")) == 2


def test_whoever_is_interrupted_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    node = remote_node(tmp_path, monkeypatch, "import time; print(1, flush=True); time.sleep(600)")

    def interrupt() -> None:
        while not (tmp_path / "log.txt").exists() or not (tmp_path / "log.txt").read_text(encoding="utf-8"):
            time.sleep(0.02)
        interrupt_main()  # as Ray cancels a task: no signal ends a call that waits

    threading.Thread(target=interrupt, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        make_remote(node)
    assert time.monotonic() - started < 300


def test_work_of_the_cpu_sees_no_gpu_and_is_told_its_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    graph = Graph()
    graph.add(fan(tmp_path, values=(1,))[0])
    node = graph.of_run(1)[0]
    folder = NodeFolder(path=tmp_path / "node")
    described = RemoteNode.of(node, folder, cores=2)
    assert described.folder == tmp_path / "node"
    assert described.directory == Path.cwd()
    assert described.variables["WSSS_CORES"] == "2"
    assert "CUDA_VISIBLE_DEVICES" not in described.variables  # a device that is named is asked for
    object.__setattr__(node.step.stage.runtime, "device", "auto")
    assert RemoteNode.of(node, folder, cores=2).variables["CUDA_VISIBLE_DEVICES"] == ""
    monkeypatch.setattr(type(node.step.stage), "takes_gpu", True)
    assert "CUDA_VISIBLE_DEVICES" not in RemoteNode.of(node, folder, cores=2).variables
