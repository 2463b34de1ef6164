"""A run's folder holds what its names say, and nothing else."""

from toy_runs import Run

from wsss.run.names import RECORD, REPORT, SCORES, SHEETS


def test_a_finished_run_has_all_of_them(toy_run: Run) -> None:
    assert {path.name for path in toy_run.out.iterdir()} == {RECORD, SCORES, REPORT, SHEETS}
