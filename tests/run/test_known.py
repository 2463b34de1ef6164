"""A finished run that the store knows says what a cached one says, and any change makes it unknown."""

import io
import os
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_runs import Run, composed

from wsss.config.build import build
from wsss.data.layouts.base import Layout
from wsss.run.known import Known, known_run, note, repeat
from wsss.run.pipeline import run
from wsss.store.digests import Digests
from wsss.store.sources import Outside
from wsss.store.store import Store
from wsss.store.texts import read_json, write_json

OBJECTIVE = "objective=predict_masks/val/miou"


def printed(call: Callable[[], float | None]) -> tuple[float | None, str]:
    screen = io.StringIO()
    with redirect_stdout(screen):
        return call(), screen.getvalue()


def repeated(config: dict[str, Any]) -> tuple[float | None, str]:
    known = known_run(config)
    assert known is not None
    return printed(lambda: repeat(known, config))


@pytest.fixture(scope="module")
def kept(toy_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A copy that was run once more, so that its store knows it."""
    copy = toy_run.copied(tmp_path_factory.mktemp("kept"))
    printed(lambda: run(composed(*copy.overrides, OBJECTIVE)))
    return copy


def test_both_ways_say_and_return_the_same(kept: Run) -> None:
    config = composed(*kept.overrides, OBJECTIVE)
    objective, said = printed(lambda: run(config))
    assert "nothing to do: all 9 stages are cached" in said
    assert said.splitlines()[-1] == str(kept.out / "report.html")
    assert repeated(config) == (objective, said)
    planned = config | {"plan": True}
    assert repeated(planned) == printed(lambda: run(planned))


def test_a_run_that_is_known_stays_noted_in_its_store(kept: Run) -> None:
    config = composed(*kept.overrides, OBJECTIVE)
    shutil.rmtree(Store.at(kept.store).runs)
    repeated(config | {"plan": True})
    assert not Store.at(kept.store).runs.exists()
    repeated(config)
    assert Store.at(kept.store).remembered() == [kept.out]


@pytest.mark.parametrize(
    "override", ["rehash=true", "random_seed=1", "runtime.workers=3", "objective=null", "name=other", "out=other"]
)
def test_another_config_is_not_known(override: str, kept: Run) -> None:
    assert known_run(composed(*kept.overrides, OBJECTIVE)) is not None
    assert known_run(composed(*kept.overrides, OBJECTIVE, override)) is None


def test_a_run_that_reads_everything_again_is_never_known(toy_run: Run, tmp_path: Path) -> None:
    config = composed(*toy_run.copied(tmp_path).overrides, "rehash=true")
    printed(lambda: run(config))
    assert known_run(config) is None
    assert known_run(config | {"rehash": False}) is None, "it was another command"


def test_the_order_of_refiners_and_where_a_run_is_started_count(
    kept: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = composed(*kept.overrides, OBJECTIVE)
    assert len(config["refine"]) > 1
    assert known_run(config | {"refine": dict(reversed(config["refine"].items()))}) is None
    monkeypatch.chdir(tmp_path)  # paths of data may be relative
    assert known_run(config) is None


def torn(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8")[:-3], encoding="utf-8")


CHANGES: dict[str, Callable[[Run], object]] = {
    "a manifest is deleted": lambda made: next(made.store.glob("make_masks/*/manifest.json")).unlink(),
    "an artifact is deleted": lambda made: shutil.rmtree(made.store / "extract_cams"),
    "an index is moved": lambda made: next(made.store.glob("index_data/*/root.txt")).write_text("/", encoding="utf-8"),
    "a score is edited": lambda made: torn(next(made.store.glob("evaluate/*/items/scores.json"))),
    "the report is deleted": lambda made: (made.out / "report.html").unlink(),
    "a picture is deleted": lambda made: next(path for path in (made.out / "sheets").iterdir()).unlink(),
    "the record is edited": lambda made: torn(made.out / "run.yaml"),
    "the folder is deleted": lambda made: shutil.rmtree(made.out),
    "a note is torn": lambda made: [torn(path) for path in notes(made)],
    "a note is a list": lambda made: [write_json(path, []) for path in notes(made)],
    "a note lacks its stages": lambda made: [without_stages(path) for path in notes(made)],
    "a note is of another version": lambda made: [of_another_version(path) for path in notes(made)],
}


def notes(made: Run) -> list[Path]:
    return list(Store.at(made.store).finished.iterdir())


def without_stages(path: Path) -> None:
    write_json(path, {key: value for key, value in read_json(path, dict).items() if key != "stages"})


def of_another_version(path: Path) -> None:
    write_json(path, read_json(path, dict) | {"format": 2})


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_as_it_was_left_is_run_again(change: str, toy_run: Run, tmp_path: Path) -> None:
    made = toy_run.copied(tmp_path)
    config = composed(*made.overrides)
    printed(lambda: run(config))
    assert known_run(config) is not None
    CHANGES[change](made)
    assert known_run(config) is None


def test_other_code_and_other_packages_know_nothing(kept: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config = composed(*kept.overrides, OBJECTIVE)
    monkeypatch.setattr("wsss.run.known.stamp", lambda: "another")
    assert known_run(config) is None


def test_a_launcher_that_would_refuse_is_asked(kept: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    config = composed(*kept.overrides, OBJECTIVE)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert known_run(config) is None


@pytest.mark.parametrize("change", ["touched", "edited", "new", "gone"])
def test_files_outside_must_be_as_they_were_read(change: str, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    (photos / "images").mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (photos / "images" / name).write_bytes(b"x")
    (photos / "labels.csv").write_text("image,labels\na.png,cat\nb.png,dog\n", encoding="utf-8")
    own = ("dataset=folder", f"dataset.root='{photos}'", f"store='{tmp_path / 'store'}'")
    config, store = composed(*own, small=False), Store.at(tmp_path / "store")
    sources = build(config["dataset"], Layout).content()["root"]  # type: ignore[type-abstract]
    digests = Digests(store.digests)
    outside = Outside(key="dataset.root", sources=sources, digest=digests.of(sources))
    digests.save()
    note(Known(store=store, folder=tmp_path, artifacts=(), reads=(), outside=(outside,)), config)
    assert known_run(config) is not None
    match change:
        case "touched":
            os.utime(photos / "images" / "a.png", ns=(0, 0))
        case "edited":
            (photos / "labels.csv").write_text("image,labels\na.png,cat\nb.png,cat\n", encoding="utf-8")
        case "new":
            (photos / "images" / "c.png").write_bytes(b"x")
        case _:
            (photos / "images" / "b.png").unlink()
    assert known_run(config) is None


def test_a_run_with_a_class_from_outside_is_not_noted(tmp_path: Path) -> None:
    config = composed(f"store='{tmp_path / 'store'}'")
    nothing = Known(store=Store.at(tmp_path / "store"), folder=tmp_path, artifacts=(), reads=(), outside=())
    note(nothing, config | {"cam": {"_target_": "mine.MyCAM"}})
    code = Outside(key="classifier._target_", sources=(), digest="0")
    note(replace(nothing, outside=(code,)), config)
    assert not (tmp_path / "store").exists()
    note(nothing, config)
    assert known_run(config) == nothing
