"""A run's own folder."""

from pathlib import Path

import yaml
from toy_runs import Run

from wsss.run.record import write_record
from wsss.run.run_folder import choose_folder
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
    (tmp_path / "10").mkdir()
    assert choose_folder(tmp_path, steps=other) == tmp_path / "11"


def test_a_folder_holds_scores_report_and_what_they_were_made_of(toy_run: Run) -> None:
    assert sorted(path.name for path in toy_run.out.iterdir()) == ["report.html", "run.yaml", "scores.json", "sheets"]
    record = yaml.safe_load((toy_run.out / "run.yaml").read_text(encoding="utf-8"))
    assert record["stages"] == {name: step.artifact.fingerprint for name, step in toy_run.plan().items()}
    assert Path(record["store"]) == toy_run.store
