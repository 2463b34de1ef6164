"""A report says what was found, and which parts are over their limits."""

from pathlib import Path

import pytest
from audits import Example

from wsss.apps.audit import AuditOptions, report
from wsss.apps.findings import read_findings
from wsss.errors import ConfigError, StoreError


def told(example: Example, out: Path, *fail_over: str, what: tuple[str, ...] = ("classes", "duplicates")) -> list[str]:
    assert example.audited.artifacts
    options = AuditOptions(what=what, top=2, device="cpu", store=example.store, out=out, fail_over=fail_over)
    return report(example.dataset, options, command="wsss data audit")


def test_parts_over_their_limits_are_told(audit_example: Example, tmp_path: Path):
    assert told(audit_example, tmp_path, "leaks=1") == []
    (over,) = told(audit_example, tmp_path, "leaks=0.5")
    assert over.startswith("leaks: images of other splits")
    assert {each.kind for each in read_findings(tmp_path / "audit.json").tables} == {"classes", "duplicates"}


def test_a_limit_of_a_part_that_is_not_looked_at_is_refused_before_anything_is_written(
    audit_example: Example, tmp_path: Path
):
    with pytest.raises(ConfigError, match="tags: this part has no number here"):
        told(audit_example, tmp_path / "out", "tags=3")
    assert not (tmp_path / "out").exists()


def test_a_place_that_takes_no_files_is_refused_before_anything_is_computed(
    audit_example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("wsss.apps.audit.reporting.audit", lambda *_, **__: pytest.fail("computed first"))
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="a file is where a folder is wanted"):
        told(audit_example, tmp_path / "file")
