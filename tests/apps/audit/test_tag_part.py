"""Suspicious tags as a part of a page: a table to fill in, findings with pictures, and a run's own columns."""

import numpy as np
import pytest
from audits import Example

from wsss.apps.audit.audited import Dynamics
from wsss.apps.audit.tag_part import COLUMNS, class_table, tag_part, tag_table


def test_the_table_names_images_and_leaves_accept_open(audit_example: Example):
    table = tag_table(audit_example.audited)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["suggestion"] for row in rows[:4]] == ["add", "remove"] * 2
    assert all(row["accept"] is None and row["early p"] is None for row in rows)
    tags = {record.id: record.classes for record in audit_example.audited.index.records.values()}
    classes = audit_example.audited.index.classes
    for row in rows:
        shows = classes.index(str(row["class"])) in tags[str(row["image"])]
        assert shows == (row["suggestion"] == "remove")
        assert 0 <= row["neighbours with"] <= 10  # type: ignore[operator]


def test_a_run_s_dynamics_are_columns_beside(audit_example: Example):
    audited = audit_example.audited
    blank = np.full(audited.shown.shape, np.nan)
    dynamics = Dynamics(early=np.full(blank.shape, 0.25), variability=np.full(blank.shape, 0.5), heights=blank)
    row = dict(zip(COLUMNS, tag_table(audited, dynamics).rows[0], strict=True))
    assert (row["early p"], row["variability"], row["run height"]) == (0.25, 0.5, None)


def test_findings_say_about_how_many_and_show_the_first(audit_example: Example):
    part, findings, about = tag_part(audit_example.audited, top=3)
    classes = audit_example.audited.tags.classes
    assert about == pytest.approx(sum(each.about_missing + each.about_false for each in classes))
    assert [table.title for table in part.tables] == ["Tags", "Classes judged"]
    for finding in findings:
        assert finding.sentence.startswith("About ")
        assert len(finding.sheets[0].rows) == 3
        assert len(finding.sheets[0].columns) == 6


def test_thresholds_are_shown_for_every_class(audit_example: Example):
    classes = audit_example.audited.tags.classes
    table = class_table(classes)
    assert [row[0] for row in table.rows] == [each.name for each in classes]
    assert [row[4] for row in table.rows] == [each.threshold for each in classes]
