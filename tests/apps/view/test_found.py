"""Where findings are looked for."""

from pathlib import Path

import pytest

from wsss.apps.view.found import findings_at, findings_beside, read_all, told
from wsss.errors import DataError, OutsideError, StoreError


def test_findings_in_a_runs_folder_are_found(tmp_path: Path):
    (tmp_path / "audit").mkdir()
    for name in ("debug.json", "audit/audit.json"):
        (tmp_path / name).write_text("{}")
    assert findings_beside(tmp_path) == [tmp_path / "debug.json", tmp_path / "audit/audit.json"]


def test_named_ones_are_files_or_folders(findings: Path, tmp_path: Path):
    assert findings_at([findings]) == findings_at([findings / "audit.json"]) == [findings / "audit.json"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"has no debug\.json and no audit\.json"):
        findings_at([tmp_path / "empty"])


def test_tables_with_a_column_to_fill_in_are_found(findings: Path):
    files, ticks = read_all([findings / "audit.json"])
    assert [each.path.name for each in ticks] == ["tags.csv"]
    (finding,) = told(files)
    assert (finding["subject"], finding["sentence"]) == ("bee", "1 image lacks <bee>.")


def test_a_table_outside_the_folder_is_refused(findings: Path):
    path = findings / "audit.json"
    path.write_text(path.read_text().replace('"tags.csv"', '"../tags.csv"'))
    with pytest.raises((OutsideError, StoreError)):
        read_all([path])
