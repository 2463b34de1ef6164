"""Parts of an audit are chosen by name, and each has a number that a limit may be set to."""

from audits import Example

from wsss.apps.audit.findings import found_in
from wsss.apps.audit.names import KINDS, PARTS


def test_all_parts_have_their_numbers(audit_example: Example):
    found = found_in(audit_example.audited, train="train", top=2)
    assert tuple(part.kind for part in found.parts) == PARTS
    assert found.measures.keys() == KINDS.keys()
    assert found.measures["leaks"].value == 1


def test_parts_are_chosen_by_name(audit_example: Example):
    found = found_in(audit_example.audited, train="train", what=["classes"])
    assert [part.kind for part in found.parts] == ["classes"]
    assert found.measures.keys() == {"classes"}
