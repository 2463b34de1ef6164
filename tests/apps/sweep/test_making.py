"""A sweep at work: each shared stage once, runs that end as any other, and the rest goes on where one fails."""

from pathlib import Path

import pytest
from sweeps import fan, made, made_of, value_of

from wsss.apps.sweep.making import estimate, is_held
from wsss.run.run_file import RunFile


def test_each_stage_is_made_once_and_each_run_ends_in_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    making = made(tmp_path, fan(tmp_path))
    assert len(made_of(tmp_path / "store")) == 7
    for number, total in ((1, 111), (2, 112), (3, 113)):
        run = RunFile.read(tmp_path / str(number))
        assert value_of(run.artifact("third").items) == total
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].startswith("0 of 7 done: first ")
    assert f"run 3 is finished: {tmp_path / '3'}" in printed
    assert made(tmp_path, fan(tmp_path)).engine.taken == []  # type: ignore[attr-defined]
    assert making.graph.failed() == []


def test_a_stage_that_fails_stops_what_reads_it_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    making = made(tmp_path, fan(tmp_path, second={2: {"refuses": True}}))
    assert {name: [node.standing for node in making.graph.of_run(name)] for name in (1, 2, 3)} == {
        1: ["done", "done", "done"],
        2: ["done", "failed", "blocked"],
        3: ["done", "done", "done"],
    }
    assert making.source.failed == {2: "2 is refused: take another"}  # type: ignore[attr-defined]
    assert "failed: second" in capsys.readouterr().out
    assert (tmp_path / "2" / "run.yaml").is_file()


def test_what_another_run_makes_now_is_left_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    runs = fan(tmp_path, values=(1,))
    first = runs[0].steps[0].artifact
    lock = first.lock()
    lock.acquire()
    assert is_held(first)
    looks = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            lock.release()

    monkeypatch.setattr("sweeps.AtOnce.wait", lambda _, seconds: look(seconds))
    assert made(tmp_path, runs).engine.taken == ["first", "second", "third"]  # type: ignore[attr-defined]
    assert len(looks) > 3


def test_times_are_known_as_soon_as_one_of_a_stage_is_made(tmp_path: Path):
    runs = fan(tmp_path)
    making = made(tmp_path, runs[:1])
    assert [node.seconds is None for node in making.graph.of_run(1)] == [True, True, True]
    for run in runs[1:]:
        making.graph.add(run)
    estimate(making.graph, of="third")
    assert [node.seconds is None for node in making.graph.of_run(2)] == [True, True, False]
    estimate(making.graph)
    assert [node.seconds is None for node in making.graph.of_run(3)] == [True, False, False]
