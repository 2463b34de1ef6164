"""A sweep as it stands on disk: states, what is at work and where, and what failed."""

import json
from pathlib import Path

import pytest
from rich.console import Console
from sweeps import fan, made

from wsss.apps.sweep import listing
from wsss.apps.sweep.listing import list_sweep, rows_of, shown, watched
from wsss.apps.sweep.node_folder import NodeFolder
from wsss.apps.sweep.sweep_folder import SweepFolder, names_of_sweeps
from wsss.errors import StoreError
from wsss.run.record import write_record


def printed(folder: SweepFolder, *, width: int = 150) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(shown(rows_of(folder), width=width))
    return capture.get()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepFolder:
    monkeypatch.chdir(tmp_path)
    return SweepFolder.named("seeds")


def test_states_and_what_is_at_work(folder: SweepFolder) -> None:
    runs = fan(folder.path, second={2: {"refuses": True}})
    folder.write([], {run.number: ("experiment=toy", f"random_seed={run.number}") for run in runs})
    assert printed(folder).splitlines()[-1] == "0 of 0 stages and 0 of 3 runs are done"
    made(folder.path, runs[:2])
    write_record(runs[2].folder, store=runs[2].store, steps=runs[2].steps, config=runs[2].config)
    rows = rows_of(folder)
    assert [row.words for row in rows] == [("random_seed=1",), ("random_seed=2",), ("random_seed=3",)]
    assert [[cell.word for cell in row.cells.values()] for row in rows] == [
        ["done", "done", "done"],
        ["done", "failed", "waits"],
        ["done", "waits", "waits"],
    ]
    second = runs[2].steps[1].artifact
    node = NodeFolder.of(folder.path, stage="second", fingerprint=second.fingerprint)
    node.path.mkdir(parents=True)
    with second.lock():
        assert f"second {second.fingerprint}: at work" in printed(folder)
        node.say_where(host="here", device="gpu 3")
        progress = {"title": "second", "done": 30.0, "total": 120.0, "rate": "1.5 images/s", "left": 60.0}
        (node.path / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
        text, narrow = printed(folder), printed(folder, width=47)
    assert "25%" in text
    assert f"second {second.fingerprint}: on here, gpu 3, 30 of 120, 1.5 images/s, 1 min 00 s left" in text
    assert "failed: 2 is refused: take another" in text
    assert [line.split() for line in narrow.splitlines() if "random_seed" in line] == [
        ["│", "1", "│", "3", "of", "3", "│", "│", "random_seed…", "│"],
        ["│", "2", "│", "1", "of", "3", "│", "second", "failed", "│", "random_seed…", "│"],
        ["│", "3", "│", "1", "of", "3", "│", "second", "25%", "│", "random_seed…", "│"],
    ]
    assert text.splitlines()[-1] == "3 of 7 stages and 1 of 3 runs are done"


def test_it_is_looked_at_until_all_is_done(folder: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = fan(folder.path, values=(1,))
    folder.write([], {1: ("experiment=toy",)})
    looks: list[int] = []

    def sleep(_: float) -> None:
        looks.append(1)
        made(folder.path, runs)

    monkeypatch.setattr(listing, "sleep", sleep)
    watched(lambda: rows_of(folder))
    assert looks == [1]


def test_sweeps_are_known_by_their_names(folder: SweepFolder) -> None:
    assert names_of_sweeps() == []
    with pytest.raises(StoreError, match="there is no sweep of this name; there is none here yet"):
        list_sweep("seeds")
    folder.path.mkdir(parents=True)
    folder.write([], {})
    assert names_of_sweeps() == ["seeds"]
    list_sweep("seeds")
    with pytest.raises(StoreError, match="there is no sweep of this name; there are seeds"):
        list_sweep("sedes")
