"""Near duplicates as a part of a page: leaks are the worst."""

from audits import Example

from wsss.apps.audit.duplicate_part import duplicate_part, leaks, pair_table
from wsss.apps.audit.names import DUPLICATES, LEAKS


def test_leaks_are_counted_and_come_first(audit_example: Example):
    audited = audit_example.audited
    assert [audited.embedded.records[place].id for place in leaks(audited, train="train")] == ["copy_0"]
    part, findings, numbers = duplicate_part(audited, train="train", top=2)
    assert numbers == {DUPLICATES: 4.0, LEAKS: 1.0}
    worst = max(findings, key=lambda each: each.severity)
    assert worst.sentence.startswith("1 image outside of 'train' are nearly") or "1 image" in worst.sentence
    assert worst.images == ("copy_0",)
    assert part.tables[0].title == "Near duplicates"


def test_pairs_in_several_splits_stand_first(audit_example: Example):
    rows = pair_table(audit_example.audited).rows
    assert rows[0][2] != rows[0][3]
    assert all(row[2] == row[3] for row in rows[1:])
    assert {row[4] for row in rows} >= {"mirrored", "cut out of the other"}
