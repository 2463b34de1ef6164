"""What a run was planned with may not change underneath, neither outside of the store nor in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from toy_runs import Run, composed

from wsss.errors import DataError, StoreError
from wsss.run.plan import Step, make_plan
from wsss.run.worker import freeze, work
from wsss.stages.index_data import IndexData
from wsss.stages.make_masks import MakeMasks
from wsss.store.digests import Digests
from wsss.store.sources import Outside
from wsss.store.store import Artifact, Store


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abcde":
        (folder / f"{name}.jpg").write_text(name)
    return folder


def planned(photos: Path, store: Path) -> Outside:
    digests = Digests(store / "digests.bin")
    outside = Outside(key="dataset.root", sources=(photos,), digest=digests.of([photos]))
    digests.save()
    return outside


def torn(toy_run: Run, folder: Path) -> Step:
    """The step of masks in a copied store, to be made once more."""
    step = toy_run.copied(folder).plan()["make_masks"]
    step.artifact.manifest_path.unlink()
    for path in step.artifact.items.iterdir():
        path.unlink()
    return step


def torn_and_dependent(toy_run: Run, photos: Path, folder: Path) -> Step:
    """The same, which depends on photos as they are now."""
    return replace(torn(toy_run, folder), outside=(planned(photos, folder / "store"),))


def test_a_stage_does_not_begin_with_files_that_changed(toy_run: Run, photos: Path, tmp_path: Path):
    step = torn_and_dependent(toy_run, photos, tmp_path)
    (photos / "a.jpg").write_text("z")
    with pytest.raises(DataError, match=r"a\.jpg\. What is finished is kept; run again"):
        work(freeze(step, command="wsss run"))
    assert list(step.artifact.items.iterdir()) == []


def test_what_was_made_while_files_changed_is_thrown_away(
    toy_run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step = torn_and_dependent(toy_run, photos, tmp_path)
    whole = MakeMasks.run

    def changing(stage: MakeMasks, job: object) -> object:
        done = whole(stage, job)  # type: ignore[arg-type]
        (photos / "a.jpg").write_text("z")
        return done

    monkeypatch.setattr(MakeMasks, "run", changing)
    with pytest.raises(DataError, match=r"a\.jpg; what make_masks made of them is thrown away"):
        work(freeze(step, command="wsss run"))
    assert list(step.artifact.items.glob("*")) == []
    assert step.artifact.state() == "resume"
    (photos / "a.jpg").write_text("a")
    monkeypatch.undo()
    work(step.artifact.job)
    assert step.artifact.state() == "cached"


@pytest.mark.parametrize(
    ("harm", "said"), [(Path.unlink, "missing"), (lambda path: path.write_bytes(b"torn"), "damaged")]
)
def test_a_stage_does_not_read_an_artifact_that_is_not_what_was_made(
    toy_run: Run, tmp_path: Path, harm: Callable[[Path], object], said: str
):
    step = torn(toy_run, tmp_path)
    read: Artifact = step.inputs["maps"]
    harm(sorted(read.items.iterdir())[0])
    with pytest.raises(StoreError, match=rf"is {said}, and is needed now: `wsss store verify --repair --store "):
        work(freeze(step, command="wsss run"))


def test_changes_between_two_plans_are_said_once(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(IndexData, "content", lambda _: {"dataset": (photos,)})

    def said() -> str:
        with patch("wsss.run.plan.check_all"):
            make_plan(composed()["pipeline"], store=Store.at(tmp_path / "store"))
        return capsys.readouterr().out.replace("\n", "")

    assert said() == ""
    (photos / "a.jpg").write_text("zz")
    assert "a.jpg. What depends on it is made anew." in said()
    assert said() == ""
