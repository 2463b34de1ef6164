"""`sweep.html`: groups of random seeds with intervals, a chart an option, links to reports, failures."""

import json
from pathlib import Path

import pytest
from sweeps import AtOnce, fan, made
from toy_runs import SMALL, Run

from wsss.apps.sweep.combinations import combinations
from wsss.apps.sweep.graph import Graph
from wsss.apps.sweep.making import Making
from wsss.apps.sweep.page import objective_of, page_of, write_page
from wsss.apps.sweep.planned import Planner
from wsss.apps.sweep.source import Grid
from wsss.apps.sweep.sweep_folder import SweepFolder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepFolder:
    monkeypatch.chdir(tmp_path)
    return SweepFolder.named("seeds")


def scored(folder: SweepFolder, *words: str) -> None:
    """A sweep of six runs, two values with three random seeds each, the last of which failed."""
    runs = fan(folder.path, values=range(1, 7), second={6: {"refuses": True}})
    names = {r.number: ("experiment=toy", f"cam={'ab'[r.number > 3]}", f"random_seed={r.number % 3}") for r in runs}
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.write(["experiment=toy", "cam=a,b", *words], names)
    made(folder.path, runs)
    for number in range(1, 6):
        scores = {"make_masks": {"train": {"miou": number / 10, "fp": 0.5, "fn": None}}}
        (folder.path / str(number) / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
    (folder.path / "1" / "report.html").touch()


def test_groups_charts_links_and_failures(folder: SweepFolder) -> None:
    scored(folder)
    page = page_of(folder, notes=["best: trial 2"])
    assert objective_of(folder) == page.objective == "make_masks/train/miou"
    (table,) = page.tables
    assert table.rows == (
        ("cam=b", 2, "45.0 ± 7.1 (40.0 to 50.0)", "–"),
        ("cam=a", 3, "20.0 ± 10.0 (10.0 to 30.0)", "–"),
    )
    assert len(page.charts) == 2
    assert page.verdict == "5 of 6 runs have a score"
    assert [run.score for run in page.runs] == ["10.0", "20.0", "30.0", "40.0", "50.0", "–"]
    text = write_page(folder).read_text(encoding="utf-8")
    assert text.count('<a href="1/report.html">1</a>') == 1
    assert "6 is refused: take another" in text
    assert "oracle (uses masks)" not in text


def test_a_search_by_masks_is_an_oracle_and_false_pixels_are_better_fewer(folder: SweepFolder) -> None:
    scored(folder, "objective=make_masks/train/fp", "search=optuna")
    page = page_of(folder)
    assert page.objective == "make_masks/train/fp, oracle (uses masks)"
    assert [row[0] for row in page.tables[0].rows] == ["cam=a", "cam=b"]
    assert [run.score for run in page.runs][-1] == "–"


def test_evidence_is_small_and_is_not_written_in_per_cent(folder: SweepFolder) -> None:
    scored(folder, "objective=choose_threshold/train/evidence", "search=optuna")
    for number, evidence in ((1, 0.00064), (4, 0.00061)):
        scores = {"choose_threshold": {"train": {"evidence": evidence}}}
        (folder.path / str(number) / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
    page = page_of(folder)
    assert page.tables[0].title == "choose_threshold/train/evidence"
    assert [row[:3] for row in page.tables[0].rows] == [("cam=a", 1, "0.00064"), ("cam=b", 1, "0.00061")]
    assert [run.score for run in page.runs] == ["0.00064", "–", "–", "0.00061", "–", "–"]


def test_a_sweep_without_scores_has_a_page_too(folder: SweepFolder) -> None:
    folder.path.mkdir(parents=True)
    folder.write(["experiment=toy"], {1: ("experiment=toy",)})
    text = write_page(folder).read_text(encoding="utf-8")
    assert "0 of 1 runs have a score" in text


def test_scored_images_give_intervals(folder: SweepFolder, toy_run: Run, tmp_path: Path) -> None:
    copy = toy_run.copied(tmp_path)
    words = [*SMALL, f"store='{copy.store}'", "masks=argmax,confident", "until=make_masks"]
    runs = Planner(folder.path).planned(combinations(words))
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.write(words, {run.number: run.words for run in runs})
    Making(folder=folder, source=Grid(runs=runs), engine=AtOnce(), graph=Graph()).all()
    (table,) = page_of(folder).tables
    assert {row[0] for row in table.rows} == {"masks=argmax", "masks=confident"}
    assert all(" to " in str(row[3]) for row in table.rows)
