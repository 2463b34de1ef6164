"""A run's own folder."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from toy_runs import Run

from wsss.run.plan import Step
from wsss.run.record import write_record
from wsss.run.run_folder import choose_folder, claim_folder, write_outcome
from wsss.store.store import Store


def test_a_run_of_the_same_artifacts_keeps_its_folder(toy_run: Run, tmp_path: Path) -> None:
    steps = tuple(toy_run.plan().values())
    assert choose_folder(tmp_path, steps=steps) == tmp_path / "1"
    write_record(tmp_path / "1", store=Store.at(tmp_path / "store"), steps=steps, config={})
    assert choose_folder(tmp_path, steps=steps) == tmp_path / "1"
    other = tuple(toy_run.plan("random_seed=5").values())
    assert choose_folder(tmp_path, steps=other) == tmp_path / "2"
    (tmp_path / "1" / "run.yaml").write_text("format: 99", encoding="utf-8")  # of a newer version: not ours
    assert choose_folder(tmp_path, steps=steps) == tmp_path / "2"
    for number in (9, 10):
        (tmp_path / str(number)).mkdir()
    assert choose_folder(tmp_path, steps=other) == tmp_path / "11"


def test_a_folder_holds_scores_report_and_what_they_were_made_of(toy_run: Run) -> None:
    assert sorted(path.name for path in toy_run.out.iterdir()) == ["report.html", "run.yaml", "scores.json", "sheets"]
    record = yaml.safe_load((toy_run.out / "run.yaml").read_text(encoding="utf-8"))
    assert record["stages"] == {name: step.artifact.fingerprint for name, step in toy_run.plan().items()}
    assert Path(record["store"]) == toy_run.store


def test_sheets_of_an_earlier_run_do_not_stay(toy_run: Run, tmp_path: Path) -> None:
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets" / "old.png").touch()
    write_outcome(tmp_path, steps=tuple(toy_run.plan().values()))
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {
        path.name for path in (toy_run.out / "sheets").iterdir()
    }


def test_two_runs_that_begin_at_once_take_two_numbers(
    toy_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plans = [tuple(toy_run.plan(f"random_seed={seed}").values()) for seed in range(4)]

    def slow(outputs: Path, *, steps: tuple[Step, ...]) -> Path:
        chosen = choose_folder(outputs, steps=steps)
        time.sleep(0.05)  # enough for another one to choose the same
        return chosen

    monkeypatch.setattr("wsss.run.run_folder.choose_folder", slow)
    config, store = {"out": None, "name": "toy"}, Store.at(tmp_path / "store")

    def claim(steps: tuple[Step, ...]) -> Path:
        return claim_folder(steps, config, store=store)

    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(claim, plans))
    assert folders == {Path("outputs", "toy", str(number)) for number in range(1, 5)}
    assert claim(plans[0]) in folders
    assert claim_folder(plans[0], {**config, "out": "mine"}, store=store) == Path("mine")
    assert (tmp_path / "mine" / "run.yaml").is_file()
