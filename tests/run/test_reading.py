"""Files outside the store are looked at once by a plan, and read where they are not known."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_runs import Run

from wsss.engine.stage import Stage
from wsss.run import reading
from wsss.run.reading import known_of, outside_of, shown
from wsss.store import digests as of_digests
from wsss.store.digests import Digests


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.jpg").write_text(name)
    return folder


@pytest.fixture
def stages(toy_run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch) -> list[Stage]:
    """Two stages that depend on the same photos."""
    monkeypatch.setattr(reading, "contents", lambda _: {"dataset.root": (photos,)})
    stage = toy_run.plan()["make_masks"].stage
    return [stage, replace(stage, splits=("val",))]


def test_what_two_stages_read_is_looked_at_once(stages: list[Stage], photos: Path, tmp_path: Path):
    first = Digests(tmp_path / "digests.bin")
    known = known_of(stages, first)
    assert known == {(photos,): None}
    (made,), (again,) = (outside_of(stage, first, known) for stage in stages)
    assert made == again
    assert made.digest == first.known([photos])
    first.save()
    looked: list[Any] = []
    scan = os.scandir
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.scandir", lambda folder: looked.append(folder) or scan(folder))
        later = Digests(tmp_path / "digests.bin")
        known = known_of(stages, later)
        assert known == {(photos,): made.digest}
        assert [outside_of(stage, later, known) for stage in stages] == [[made], [made]]
    assert looked == [str(photos)]


def test_what_changed_is_said_once(
    stages: list[Stage], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    digests = Digests(tmp_path / "digests.bin")
    outside_of(stages[0], digests, known_of(stages, digests))
    (photos / "b.jpg").write_text("longer")
    known = known_of(stages, digests)
    for stage in stages:
        outside_of(stage, digests, known)
    said = capsys.readouterr().out.replace("\n", "")
    assert said.count("dataset.root changed since it was last read: ") == 1
    assert "b.jpg. What depends on it is made anew." in said


def test_a_name_with_a_line_break_stays_on_one_line(
    stages: list[Stage], photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    digests = Digests(tmp_path / "digests.bin")
    outside_of(stages[0], digests, known_of(stages, digests))
    (photos / "new\nline.jpg").write_text("more")
    outside_of(stages[0], digests, known_of(stages, digests))
    assert capsys.readouterr().out.count("\n") == 1


def test_many_files_are_said_before_they_are_read(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(of_digests, "MANY", 3)
    before = Digests(tmp_path / "none.json").of([photos])
    assert capsys.readouterr().out == ""
    first: list[str] = []
    hash_of = of_digests.sha256

    def said(path: Path, *, links: bool) -> str:
        first.append(capsys.readouterr().out)
        return hash_of(path, links=links)

    monkeypatch.setattr(of_digests, "sha256", said)
    assert Digests(tmp_path / "none.json", watch=shown).of([photos]) == before
    assert "reading 3 files that are new, or have changed since they were read" in "".join(first)
    assert "3/3" in capsys.readouterr().out
